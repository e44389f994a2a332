#include "image/decompress.h"

#include <string>
#include <vector>

#include "catch.h"
#include "image/compress.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace {

constexpr Compression all_formats[] = {Compression::gzip, Compression::xz,    Compression::zstd,
                                       Compression::lz4,  Compression::bzip2, Compression::lzma};

/// Text that compresses a little, larger than libarchive's blocks.
std::string sample(std::size_t size = 200'000) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += "line " + std::to_string(state >> 20) + "\n";
  }
  text.resize(size);
  return text;
}

Bytes packed_sample(Compression format, std::size_t size = 200'000) {
  const std::string text = sample(size);
  return compress(as_bytes(text), format);
}

std::string unpacked(const Bytes& packed) {
  const ByteView view = packed.view();
  return text_of(decompress(view, recognise_compression(view).value()));
}

Bytes with_suffix(const Bytes& packed, std::string_view suffix) {
  return Bytes::copy_of(text_of(packed).append(suffix));
}

std::string little(std::uint32_t value) {
  std::byte bytes[4];
  store(bytes, value, ByteOrder::little);
  return std::string(as_text(bytes));
}

/// sample(8)'s sibling in lz4's legacy format: one block of literals.
Bytes lz4_legacy() {
  return Bytes::copy_of(std::string("\x02\x21\x4c\x18", 4) + little(9) +
                        "\x80"
                        "12345678");
}

}  // namespace

TEST_CASE("Every compression is recognised by its magic and unpacks to what went in") {
  for (const Compression format : all_formats) {
    CAPTURE(to_string(format));
    const Bytes packed = packed_sample(format);
    const ByteView view = packed.view();
    CHECK(packed.size() < 200'000);
    CHECK(recognise_compression(view) == format);
    CHECK(compression_named(to_string(format)) == format);
    CHECK(text_of(decompress(view, format)) == sample());
  }
  CHECK(unpacked(lz4_legacy()) == "12345678");
  CHECK_FALSE(compression_named("zip"));
}

TEST_CASE("Skippable frames in front of zstd and lz4 are passed over") {
  for (const Compression format : {Compression::zstd, Compression::lz4}) {
    CAPTURE(to_string(format));
    const std::string stream = text_of(packed_sample(format, 2000));
    for (const std::string& front : {"\x50\x2a\x4d\x18" + little(4) + "abcd", "\x5f\x2a\x4d\x18" + little(0),
                                     "\x50\x2a\x4d\x18" + little(1) + "x\x53\x2a\x4d\x18" + little(2) + "yz"}) {
      const Bytes packed = Bytes::copy_of(front + stream);
      const ByteView view = packed.view();
      CHECK(recognise_compression(view) == format);
      CHECK(unpacked(packed) == sample(2000));
      CHECK(as_text(decompress_head(view, format, 512)) == sample(512));
    }
  }
  // The next number is another magic; and a frame that is all there is, or longer, hides nothing.
  for (const std::string& text :
       {"\x60\x2a\x4d\x18" + little(0) + "\x28\xb5\x2f\xfd", "\x50\x2a\x4d\x18" + little(4) + "\x28\xb5\x2f\xfd",
        "\x50\x2a\x4d\x18" + little(0xffffffff) + "\x28\xb5\x2f\xfd", std::string("\x50\x2a\x4d\x18")}) {
    CHECK_FALSE(recognise_compression(as_bytes(text)));
  }
}

TEST_CASE("What is not compressed is not recognised, and lzo is refused by name") {
  CHECK_FALSE(recognise_compression(as_bytes("")));
  CHECK_FALSE(
      recognise_compression(as_bytes("\x7f"
                                     "ELF")));
  CHECK_FALSE(
      recognise_compression(as_bytes("\xfd"
                                     "7zXZ")));
  const Caught caught = error_of([] { recognise_compression(as_bytes("\x89LZO\0\r\n\x1a\n")); });
  CHECK(caught.code == ErrorCode::unsupported);
  CHECK(caught.sentence == "is compressed with lzo, which cannot be read");
}

TEST_CASE("Compressed data that was cut short is called so, at every length") {
  for (const Compression format : all_formats) {
    CAPTURE(to_string(format));
    const Bytes packed = packed_sample(format, 2000);
    const std::string name(to_string(format));
    for (std::size_t length = 1; length < packed.size(); ++length) {
      CAPTURE(length);
      const Bytes cut = packed.slice(0, length);
      const ByteView view = cut.view();
      const Caught caught = error_of([&] { decompress(view, format); });
      CHECK(caught.code == ErrorCode::truncated);
      CHECK(caught.sentence == name + " data ends before it should");
    }
  }
}

TEST_CASE("Data that a checksum shows to be damaged is called so") {
  for (const Compression format : {Compression::xz, Compression::bzip2}) {
    CAPTURE(to_string(format));
    const Bytes packed = packed_sample(format);
    const Bytes damaged = patched(packed, packed.size() / 2, {0xff, 0x00, 0xff, 0x00});
    const ByteView view = damaged.view();
    const Caught caught = error_of([&] { decompress(view, format); });
    CHECK(caught.code == ErrorCode::malformed);
    CHECK(caught.sentence == std::string(to_string(format)) + " data is damaged");
  }
}

TEST_CASE("Output is bounded: a bomb is an error") {
  const std::vector<std::byte> zeros(10'000'000);
  for (const Compression format : all_formats) {
    CAPTURE(to_string(format));
    const Bytes packed = compress(zeros, format);
    CHECK(packed.size() < 100'000);
    const ByteView view = packed.view();
    const Caught caught = error_of([&] { decompress(view, format, 1'000'000); });
    CHECK(caught.code == ErrorCode::unsupported);
    CHECK(caught.sentence == std::string(to_string(format)) + " data unpacks to more than 1000000 bytes");
    CHECK(decompress(view, format, 10'000'000).size() == 10'000'000);
  }
}

TEST_CASE("A kernel payload may have the unpacked size after it, or not") {
  const std::string text = sample();
  for (const Compression format : all_formats) {
    CAPTURE(to_string(format));
    const Bytes plain = packed_sample(format);
    const Bytes with_size = with_suffix(plain, little(200'000));
    const ByteView plain_view = plain.view(), sized_view = with_size.view();
    CHECK(text_of(decompress_payload(plain_view, format)) == text);
    CHECK(text_of(decompress_payload(sized_view, format)) == text);
  }
  const Bytes legacy = with_suffix(lz4_legacy(), little(8));
  const ByteView view = legacy.view();
  CHECK(text_of(decompress_payload(view, Compression::lz4)) == "12345678");
}

TEST_CASE("The head of a compressed file is unpacked without the rest") {
  for (const Compression format : all_formats) {
    CAPTURE(to_string(format));
    const Bytes packed = packed_sample(format, 300'000);
    // Blocks of lz4 and bzip2 are too large for that.
    const bool large = format == Compression::lz4 || format == Compression::bzip2;
    const Bytes cut = packed.slice(0, large ? packed.size() : packed.size() / 2);
    const ByteView view = cut.view();
    CHECK(as_text(decompress_head(view, format, 512)) == sample(512));
    const Bytes small = packed_sample(format, 100);
    const ByteView small_view = small.view();
    CHECK(as_text(decompress_head(small_view, format, 512)) == sample(100));
    CHECK(decompress_head(as_bytes("no such data"), format, 512).empty());
  }
}

TEST_CASE("A distribution's own module unpacks") {
  const Bytes packed = Bytes::map_file(data_path("modules/tcp_dctcp.ko.xz"));
  const std::string text = unpacked(packed);
  CHECK(
      text.starts_with("\x7f"
                       "ELF"));
  CHECK(text.size() == 18'078);
}

}  // namespace btfx::test
