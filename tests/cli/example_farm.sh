#!/usr/bin/env bash
# examples/farm.sh: an answer for each kernel in one document, statuses kept, a stopped run resumed, parts put together.
source "$(dirname "$0")/lib.sh"
for program in parallel jq; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done

farm=$root/examples/farm.sh
mkdir "two words"
cp "$old" "two words/old vmlinux.btf.xz"
printf '%s\n' "two words/old vmlinux.btf.xz" "$new" missing.btf >kernels

expect 2 "$farm" farm kernels --jobs 2 -- check "$DATA/modules/dummy.ko.xz" -B {}
same "3 kernels: 1 yes, 1 no, 1 in trouble" "$(cat out)"
same '["two words/old vmlinux.btf.xz",0,"ok"]' "$(jq -c '.kernels[0] | [.kernel, .status, .document.results[0].verdict]' farm/all.json)"
same '[1,"mismatch"]' "$(jq -c '.kernels[1] | [.status, .document.results[0].verdict]' farm/all.json)"
same '["missing.btf",2]' "$(jq -c '.kernels[2] | [.kernel, .status]' farm/all.json)"

# What was answered is not asked again.
answer=$(find farm/answers -path '*_old vmlinux*' -name stdout)
first=$(stat -c %Y.%i "$answer")
{ head -n 1 farm/joblog && grep -aE 'old.? vmlinux' farm/joblog; } >part && mv part farm/joblog
expect 2 "$farm" farm kernels --jobs 2 -- check "$DATA/modules/dummy.ko.xz" -B {}
same "3 kernels: 1 yes, 1 no, 1 in trouble" "$(cat out)"
same "$first" "$(stat -c %Y.%i "$answer")"

# Parts of the list, put together, are the whole.
head -n 1 kernels >first-part && tail -n 2 kernels >second-part
expect 0 "$farm" farm1 first-part -- check "$DATA/modules/dummy.ko.xz" -B {}
same "1 kernel: 1 yes, 0 no, 0 in trouble" "$(cat out)"
expect 2 "$farm" farm2 second-part -- check "$DATA/modules/dummy.ko.xz" -B {}
"$farm" --collect farm1/all.json farm2/all.json >all.json
same "$(jq -S . farm/all.json)" "$(jq -S . all.json)"
