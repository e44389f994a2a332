// Findings keep to the table. Case 0 is sound and must compile.
#include "base/error.h"

using namespace btfx;

#if CASE == 0
Diagnostic settled() {
  return {"release", "is odd"};
}
Diagnostic chosen() {
  return {Severity::error, "id-lost", "is odd"};
}
#elif CASE == 1
Diagnostic unknown() {
  return {Severity::error, "no-such-code", "is odd"};
}
#elif CASE == 2
Diagnostic undecided() {
  return {"id-lost", "is odd"};
}
#endif
