// What stands in `.BTF_ids`, word by word, before and after it is resolved.
#pragma once

#include <vector>

#include "btf/btf.h"
#include "btf/ids.h"
#include "results/ids.h"

namespace btfx {

/// All groups, in the order of the section. In a set whose count is written, ids are shown by their types, because they
/// have been sorted and stand at the places of other symbols; else by their symbols' places. A section without symbols
/// is one list of the words that are not 0. Points into `ids`.
std::vector<IdGroup> list_ids(const BtfIds& ids, const Btf& btf);

}  // namespace btfx
