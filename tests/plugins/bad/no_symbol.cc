// Exports nothing that a host asks for. Its initialiser would end the process that maps it.

#include <cstdlib>

__attribute__((constructor)) static void initialise() { std::abort(); }

extern "C" __attribute__((visibility("default"))) const int some_other_symbol = 1;
