#include "image/compress.h"

#include <string>

#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace {

Bytes packed(std::string_view text, Compression format) {
  return compress(as_bytes(text), format);
}

}  // namespace

TEST_CASE("xz is written as the kernel's decoder wants it: one stream, CRC32, LZMA2 alone, 1 MiB dictionary") {
  const std::string stream = text_of(packed("what a module holds", Compression::xz));
  CHECK(stream.substr(0, 6) == std::string("\xfd"
                                           "7zXZ\0",
                                           6));
  CHECK(stream.substr(6, 2) == std::string("\0\x01", 2));  // the check: CRC32
  // After its size the block header has flags (one filter, no sizes), the filter's id, its length, the dictionary size.
  CHECK(stream.substr(13, 4) == std::string("\x00\x21\x01\x10", 4));
}

TEST_CASE("A distribution's xz module, unpacked and packed again, has the header that its build wrote") {
  for (const char* name : {"dummy", "xt_bpf", "i2c-smbus"}) {
    CAPTURE(name);
    const Bytes original = Bytes::map_file(data_path(std::string("modules/") + name + ".ko.xz"));
    const ByteView view = original.view();
    const Bytes plain = decompress(view, Compression::xz);
    const Bytes again = packed(text_of(plain), Compression::xz);
    const ByteView again_view = again.view();
    // Up to the filter's properties; the encoder itself may change from one version of liblzma to the next.
    CHECK(as_text(again_view.first(16)) == as_text(view.first(16)));
    CHECK(text_of(decompress(again_view, Compression::xz)) == text_of(plain));
  }
}

TEST_CASE("Equal input gives equal output: no times inside") {
  const std::string gzip = text_of(packed("text", Compression::gzip));
  CHECK(gzip.substr(0, 8) == std::string("\x1f\x8b\x08\0\0\0\0\0", 8));
}

TEST_CASE("Nothing is not compressed") {
  const Caught caught = error_of([] { packed("", Compression::lz4); });
  CHECK(caught.code == ErrorCode::refused);
  CHECK(caught.sentence == "is empty: there is nothing to compress");
}

}  // namespace btfx::test
