#include "base/batch.h"

#include <numeric>
#include <vector>

#include "catch.h"

namespace btfx {

TEST_CASE("Results come in the order of the items, whatever the number of threads", "[threads]") {
  std::vector<int> items(200);
  std::iota(items.begin(), items.end(), 0);
  for (const unsigned jobs : {1U, 2U, 7U}) {
    std::vector<int> delivered;
    run_batch(
        items, jobs, [](int item) { return item * item; }, [&](int result) { delivered.push_back(result); });
    REQUIRE(delivered.size() == items.size());
    for (std::size_t i = 0; i < items.size(); ++i) CHECK(delivered[i] == items[i] * items[i]);
  }
}

}  // namespace btfx
