#!/usr/bin/env bash
# label: threads
# Distilled and relocated BTF is what libbpf 1.8 writes, byte for byte; and what does not relocate there does not here.
. "$(dirname "$0")/lib.sh"
btfx distill "$DATA/modules" -B "$old" --output-dir distilled >distill.txt
expect 1 btfx relocate "$DATA/modules" --from "$old" -B "$new" --output-dir relocated # extcon-core

digest() {
  if [[ -e $1 ]]; then sha256sum <"$1" | cut -d' ' -f1; else echo RELOCATION-FAILS; fi
}
# Module, SHA-256 of the distilled base, of the distilled split BTF, of the split BTF relocated from 6.12.115 to 6.12.117.
while read -r module base split relocated; do
  same "$base" "$(digest "distilled/$module.BTF.base")" "$module: distilled base"
  same "$split" "$(digest "distilled/$module.BTF")" "$module: distilled split"
  same "$relocated" "$(digest "relocated/$module.BTF")" "$module: relocated"
done <<'END'
3c589_cs.ko d18da5ebae015c17b6979ba02164bab86f48bff8252c3b522368e22e0861e3a6 b1de13588dbaeb7a92490561f9bb6c5db269c0ebebeab9b24f604068605a7704 0eb6a16f35353615dbbd2e75f1fa2c77fa39e7e9c911d968bfb3a407c5d6551e
aegis128-aesni.ko 778a3d725f127b85475aae1e94ecb909b42d1fb79fe583f719037e296f00b4da 87db9532718aae5d5f77c8ced527d5538ee9defa5cf8c12e20b972b2307ac92f 56f38c98fa964a8d56504f6ebf4748156963d5edbc337f1acbcbf7df1fa8204f
dummy.ko eba68d96d2abdad870c01584af384e730b47c3cbac28b2ae8e570c7acb9ea47c 93e81313ab206cb96ee1e219d92434ada6e4184c0e99e767d044d2f29ab4efe9 67cbd05e07c232744f5e29483479a6b1c7f3f03707b6b2e875dd945e993014c1
e1000.ko 30138519a8d7efd1e465c0d76c66b13262a6a5de8a1c41d74d78d9b41fef576a c2f579130b34a60cc4b3fe0f2fa2c77e7ad136f44daca18ce91010f1a653b350 f44d1fef7133071bd27766bc500c16d3d3d040b116c4505494f0f91e10a18153
extcon-core.ko baab1f040505dc1e0d355afc71314192e7f3f5042d017d6d0c961e2d5eee4a72 2fd1509890e66fa031a4f3c2dd02fe8c05b1d99dc039af419e17a35d4ec86d19 RELOCATION-FAILS
fou.ko 34add53d4474dd8cdc3323b1bc278e109fb63ed23fa3835002cc8c60fa924479 6fc88cb53b6fa159ef3f1b0c702c58b6564376b6067de0b149fca2002d14edcd 4c5cae199bd5ca467bc97272676999ff21b9f8fadb61e0e0de041cd9d1bf5662
i2c-smbus.ko d6473bb517fd796236656ba3870f71c88f9dac7609198e78c2b9e94ab2624275 d3dd9575f8f93985c0298c507129ea9b4aa5f918d0af042e5227638b5381fc3c d40df88918c4d8362e59f836d102caaaa49150098b86f0240489311748238b78
ipheth.ko c422dfbc2a9ce0c38fb089c5236f2f45debb2856e224083ab546ff38f979f813 67bc5500e49e51bfe45e73c65626faa912bf6576e0b7de2fce64d7aed919a242 24cbfdd0a68924d80cbc4961f6323a5371a54c65e74fcc10a062012dfde42f76
loop.ko 02d5d70598c50eea23c20947e6de082059a241523b5d23d5d5ff54780bc65277 b265297f66c9bf50beb5f76906eef376223b0f5257ad9af4b6d45805f82c89f9 7540bd04a69b6082b65c3d8792eef0fc05401ab50c666810a4afb9cf6f4146c5
mdc800.ko f52219439c05ddf7aa2d33d0828b2fda4783491c426fc9656e5432ab4448a960 811704f209f167dc880a5bf0041545b5229eb5a17d4b0d2ba0cb91d3987ce1c3 d19a80e01f95e3b089fba87f45c3efc98a057f784f9b1e8211dc14f7d9d07760
nf_conntrack.ko c74dfe6bdf9812b66d0c7a7cdacf518509d97db06e2ef9575f8609363b4b22c2 674da49cd9ec55897cb3560754d8ddf67ca2b971192b8c380a34451617f5114b 174e995c9f324ad89c00f0f68605e83820f19707b428bb36e72096f795832c1c
nf_nat.ko dab6922fdb639d93bc2eba5b5491bfc091e49a27050631fe19471a8d4437f58a bd54840e3c32a9328cd9a9fac7abe34a992dc02609ccfbebf86e58aaef8b8f9a 3da5259dc86a76f17204e7725ac273214c95baa1ab0d682f02b364ac6815a28e
raid0.ko c0a174943c4faa8d39b90099c4a4a67cf18a0a95f65a96ef7ebbb810c976f640 b868f58ccc94870f41a30834b87eb23022434e8a9ae75e5863e39f012c60518e a589a8cf6d498d96720c2552bf2ebd9248e5e86129327779ee73c854767ca50d
snd-aloop.ko 7a290e8b855fd90d2f6a3e1f20c4070bb939fa27e2aaaf432a3a19e342782373 90542111c4512cbb4756c0491d3af863c4779745ad6c4cb124eaf6aea6588250 88f9e9fa29c98428d9f952b63d9d6945fc90f2f49569c634869affdeeedb28a6
tcp_bbr.ko 51d91200ca42b2176b53811e5c95be77511073881cec0d5fdbdce17afecbeb6c f8a6c335df83a23d3bc7d6b410133c401ad4e4e26c02ff1d9046e9141ac69d17 a84309f7a9726242ac6c28708f03cd48eb60620bd727d8e82bdca435bd1deff3
tcp_dctcp.ko 3362a1cfffe2b511d45d3cb760b660c0701f264f84c2502e8c8b31d7e194f309 2e6f5975f7a4c1a20d7d5eabde7dc711cd303fa999c0406de66b4e7c46269808 02cc05142249dc4a9eaac81ccf6da1526cb6fe929e930699b063c0d1be1da368
tun.ko 61c06ef449759380537e60eda23c0ff7af65325e85ef91f1ca12c0ad554cd666 193f21ac4b2be8882533ab3bc6465ff4ad6a2e1a74ba310187fd51ff3457b5ff 9a670184eabac706acdc94117114f686570079d6c716519d50634bbe27787928
veth.ko 07464643c233756b9489557fb093c31b13052a847ed18a1fe61e6cfb021e31e6 7448ea2bb0929a4086367f79cb86b8d27aa6658297858243016e9aa4d56be673 2101f2ab6228ae51be32c810e8e320177d6f96a954d8ef3faf5a1b41c9294aab
virtio_net.ko 72dfb105aa5c15debc2f1e495372d36de0b7dc9a4906a432e8aad56a5d9a09f7 ed1f2f1ffa727893412435f94cff031f79944e378f863bdfcae9bf27dd84a5a1 d410e522ee72f9891fe08143c445ca0f171199b8e3af120b73e6a5d96d549718
xfrm_interface.ko a1591d6137b134e0e0bfbf28ed994cef852016a2829ca25045683e154f01ae60 6ad699d8afc1fc9992d665e42b16d18d9e1c50ecff089d8ae0f22b442a1d42db 8764d889b72ab7bcf3cbe0cd2d447601997aa0cd5a4ab03ca44fc8b90fad3b0a
xt_bpf.ko 34d42b7fb2482f9bc12f037630455c58c9fb14c612afd8f06fab4c0402f35f83 1e312c35f3783db5896d15c81bd794e349d10831ab9d5be46f6768a73acbcef3 366f1968994c7a9ce70a248a138e5c6d6ddea86ad672e13649419cdec53d43da
zram.ko 48c16f2ff58125ee9f7ff375aeb9b9301140df2e6d851f92dbe22e34e693bead 368fffeb5898d6f1ab51ffdbb96234e6abb3f89d743f85420ca0c78f055d297f b2140af08534fc03d2d78afbdcab54a6a8cc6232f3c6227f1ebe980686448c24
END

# The same in one thread; and a module distilled before needs no --from.
btfx distill "$DATA/modules" -B "$old" --output-dir one --jobs 1 >distill1.txt
same_files distill.txt distill1.txt
expect 0 diff -r distilled one
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
btfx distill tun.ko -B "$old" --in-place --strip-signature >/dev/null
btfx relocate tun.ko -B "$new" -o tun.btf >/dev/null
same_files relocated/tun.ko.BTF tun.btf

# pahole and resolve_btfids made these, with libbpf 1.8 in them.
demo=$DATA/out-of-tree
btfx distill "$demo/demo-split.ko" -B "$new" --output-dir demo >/dev/null
btfx extract "$demo/demo-distilled.ko" | same_files - demo/demo-split.ko.BTF
btfx extract "$demo/demo-distilled.ko" --section .BTF.base | same_files - demo/demo-split.ko.BTF.base
btfx distill "$demo/demo-split.ko" -B "$new" --sort --output-dir sorted >/dev/null
btfx extract "$demo/demo-distilled-sorted.ko" | same_files - sorted/demo-split.ko.BTF
btfx extract "$demo/demo-distilled-sorted.ko" --section .BTF.base | same_files - sorted/demo-split.ko.BTF.base
