#include "tests/simulation/histories/command.h"

int main(int argc, char** argv) { return stator::simulation::run_command(argc, argv); }
