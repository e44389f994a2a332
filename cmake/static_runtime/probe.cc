// Links if fmt.cc has all that the program asks of fmt, and if the C++ library is there to be linked statically.
#include <fmt/format.h>

#include <iostream>
#include <locale>

int main() {
  std::cout << fmt::format(std::locale::classic(), "{:L} {:?} {} {:.2f}\n", 1, "text", 1.0F, 1.0);
}
