// The kernels as whole calls, compiled once for each instruction set; the machine's best is chosen
// when the module is loaded.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <span>

#include "machine/kernels_here.hpp"
#include "pdq/picture_grid.hpp"
#include "pdq/pixels.hpp"
#include "pdq/reduced_luma.hpp"
#include "pdq/sampling.hpp"
#include "pdq/spectrum.hpp"

namespace takeback {

// The PDQs of a picture and of its turned and mirrored versions, in Dihedral order.
struct Fingerprint {
  PdqHash hashes[kDihedrals];
  int quality;
};

// All instruction sets give the same bits.
struct Kernels {
  const char* instruction_set;

  // The reference's own bits. `workspace` is PdqRows::workspace_floats(width, height) floats.
  Fingerprint (*fingerprint_pixels)(const Pixels& pixels, float* workspace);

  // Reduces pixels by a whole number. `workspace` is 2 * width floats; `memory` is
  // LumaReducer::bytes(...).
  ReducedLuma (*reduce_pixels)(const Pixels& pixels, size_t scale, float* workspace,
                               uint8_t* memory);

  // What PDQ says of a part of a picture. `workspace` is box_workspace_floats(luma, box) floats.
  Fingerprint (*fingerprint_box)(const ReducedLuma& luma, const PixelBox& box, float* workspace);

  // `workspace` is grid_workspace_bytes(luma), aligned for floats.
  void (*fill_grid)(const ReducedLuma& luma, uint8_t* workspace, PictureGrid& grid);

  // What PDQ says of a view of a picture of `width` by `height` pixels.
  Fingerprint (*fingerprint_view)(const PictureGrid& grid, float width, float height,
                                  const View& view);
};

extern const Kernels kernels_plain;
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;

template <>
std::span<const Kernels* const> kernels_here();

}  // namespace takeback
