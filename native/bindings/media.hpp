// Adds what takeback.media needs to takeback._native.
#pragma once

#include <nanobind/nanobind.h>

void bind_media(nanobind::module_& module);
