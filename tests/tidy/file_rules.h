#pragma once

#include <vector>

#include "tests/tidy/rules.h"

/// The rules that look at one file at a time; rules.cc names them.
namespace stator::tidy {

using Findings = std::vector<Finding>;

Findings check_file_size(const SourceFile& file);
Findings check_function_length(const SourceFile& file);
Findings check_layers(const SourceFile& file);
Findings check_heavy_headers(const SourceFile& file);
Findings check_own_header_first(const SourceFile& file);
Findings check_names(const SourceFile& file);
Findings check_seams(const SourceFile& file);
Findings check_leftovers(const SourceFile& file);
Findings check_pragma_once(const SourceFile& file);
Findings check_utf8(const SourceFile& file);

}  // namespace stator::tidy
