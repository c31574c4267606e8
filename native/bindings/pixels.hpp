// NumPy arrays as the kernels take them, and PDQs as Python does.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "pdq/kernels.hpp"
#include "pdq/pixels.hpp"

namespace takeback {

using PixelArray = nanobind::ndarray<nanobind::ro, nanobind::device::cpu>;

// Raises TypeError for what is no array.
PixelArray array_of(nanobind::handle object);

// Describes an array of uint8 in the kernels' terms; any strides will do. The caller keeps it alive.
// Raises TypeError for another type, ValueError for another shape or too long a side.
Pixels pixels_of(const PixelArray& array);

nanobind::bytes bytes_of(const PdqHash& hash);

// (eight times 32 bytes, the quality)
nanobind::tuple dihedrals_of(const Fingerprint& fingerprint);

}  // namespace takeback
