#!/usr/bin/env bash
# The dumps of real kernels and modules are those of bpftool 7.8 with libbpf 1.8, byte for byte: their SHA-256 was taken
# once from that version's output of `btf dump file`, as text, with -j, and with `format c`. In JSON that version
# sign-extends the enumerators of an unsigned ENUM from 2^31 on, which is right nowhere: here they are made the same.
. "$(dirname "$0")/lib.sh"
for release in 6.12.115 6.12.117; do xz -dc "$DATA/vmlinux-$release.btf.xz" >"$release.btf"; done

as_bpftool() {
  sed 's/{"id":/\n&/g' | awk '
    /"kind":"ENUM","name":"[^"]*","encoding":"UNSIGNED"/ {
      count = split($0, parts, "\"val\":")
      $0 = parts[1]
      for (i = 2; i <= count; ++i) {
        match(parts[i], /^[0-9]+/)
        value = substr(parts[i], 1, RLENGTH)
        # The sum has more digits than awk counts with; its first nine are always the same.
        if (value + 0 >= 2147483648) value = "184467440" sprintf("%.0f", 69414584320 + value)
        $0 = $0 "\"val\":" value substr(parts[i], RLENGTH + 1)
      }
    }
    { printf "%s", $0 }
    END { print "" }'
}

while read -r name format sum; do
  case $name in
    *.ko) source=(file "$DATA/modules/$name.xz" -B 6.12.115.btf) ;;
    *) source=(file "$name.btf") ;;
  esac
  btfx dump "${source[@]}" format "$format" >dumped
  if [[ $format == json ]]; then
    as_bpftool <dumped >json
    mv json dumped
  fi
  same "$sum  -" "$(sha256sum <dumped)" "$name: format $format"
done <<'SUMS'
6.12.115 raw c28f92041dfa38dccbb347c2533a566c05f06e9c8c89a6c8d82bab5bf57066f0
6.12.115 json 4f3c20995f30746203f68fe0606fee513eca680dbbc5a45cc095279e00c9f6be
6.12.115 c 35bd1dd6eaaac8e4b2dd0a099d3088112720ccfb0dc3559cec9951920b0d102a
6.12.117 raw 6b01d42371b9d05a01cfa44ee892f5dfe842004dbd073d8ae5c9ee5a002392c3
6.12.117 json 3959df9cec05374f5c77be53ad94cdd9c4a5f5585ef914c0ded236c4e0f59d06
6.12.117 c 2359f546cedfcc102f2d03ccec5d92b362c9f764d741c8d4d7a6e53016426c88
e1000.ko raw 4e9477c72dd7b76afca3886d2f0e481bceff9e4a309114427c1a27fc83b1d11c
e1000.ko json 7274597a1d84ad166bf06128e97cfeab498b6312be9e88310624c505fb422466
e1000.ko c 0c0e3b462675bd5ea9e1a1f1ca81ce3aaa123a74caab95cb1e3843e62833a17c
nf_conntrack.ko raw 22f7469546d90f3810b01e6799971f5501a04ab8ff96be18a632bcc88ac342ee
nf_conntrack.ko json 50f9eabba562d8d86292b048ead5e13073a06e58750b9c1624052076c3f325e9
nf_conntrack.ko c da98e38d8a6330bb1536f8880b53624812eb289029aaa28b72a92aaa6f1fddb8
tun.ko raw 4afbd86761039352024f594d6b0142d84b2940fee9fa71636870689edf9d9f66
tun.ko json 8ec0ed843f8a20a5669677e108af1bbe40e9eedf607daf0af8d47a1b6578bac9
tun.ko c 4870c0e3a231efe83063e691e2026ecedc9ce5a6469cf1a1e041a0afef76cc78
zram.ko raw 6650b7dac73c2a1b752faf75ce91f06ec4079476efd68f0493cfeb1986211af4
zram.ko json e8bfc2e63d057a54036470d8f363b7a7b08877588fb394731a535d26aaae85de
zram.ko c c034caad9d3bd69fd122d0d36bbcb04786e2660f4133f43868b6cf612456c45e
xt_bpf.ko raw 37465f40e55faef98736c07c1bfff1490d7a7c1e4fcbc67421d4219ad5f695ef
xt_bpf.ko json 2cbc892d927a3d70b379149bedac2e21c300dbad7b949637d421c1d3c122a6a1
xt_bpf.ko c 1fae61596784e70b525017106f04196e5c7cc259d247ac35b7d82a493987586b
dummy.ko raw 7546a2e1efba4b6bedf5620d3bb590547f0ca807787132f90fc87c8c7d350f21
dummy.ko json 9bd75687dec1c323c6486a714cb718c1a06b7d1b9100064cbd80369ddc402ce2
dummy.ko c 35bd1dd6eaaac8e4b2dd0a099d3088112720ccfb0dc3559cec9951920b0d102a
SUMS
