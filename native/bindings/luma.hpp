#pragma once

#include <nanobind/nanobind.h>

void bind_luma(nanobind::module_& module);
