// Adds what takeback.matching needs to takeback._native.
#pragma once

#include <nanobind/nanobind.h>

void bind_hamming(nanobind::module_& module);
