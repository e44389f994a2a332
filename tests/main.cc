// The entry point of the unit tests; version 3 of Catch2 brings its own in a library.
#define CATCH_CONFIG_MAIN
#include "catch.h"
