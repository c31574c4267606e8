// Adds what takeback.hashlist needs to takeback._native.
#pragma once

#include <nanobind/nanobind.h>

void bind_list(nanobind::module_& module);
