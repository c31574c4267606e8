// Compiled once for each instruction set, with TAKEBACK_ISA its name.
#include "pdq/kernels.hpp"

#include "machine/instruction_set.hpp"
#include "pdq/pdq.hpp"

namespace takeback {

inline namespace TAKEBACK_ISA {
namespace {

Fingerprint fingerprint_of(const Spectrum& spectrum) {
  Fingerprint fingerprint{};
  for (int n = 0; n < kDihedrals; ++n) {
    fingerprint.hashes[n] = pdq_of(spectrum, static_cast<Dihedral>(n));
  }
  fingerprint.quality = spectrum.quality;
  return fingerprint;
}

Fingerprint fingerprint_pixels(const Pixels& pixels, float* workspace) {
  PdqRows rows(pixels.width, pixels.height, workspace);
  rows.add(pixels);
  return fingerprint_of(rows.spectrum());
}

ReducedLuma reduce_pixels(const Pixels& pixels, size_t scale, float* workspace, uint8_t* memory) {
  float* luma = workspace + pixels.width;
  LumaReducer reducer(pixels.width, pixels.height, scale, workspace, memory);
  for (size_t y = 0; y < pixels.height; ++y) {
    detail::luma_of_row(pixels, y, luma);
    reducer.add(luma);
  }
  return reducer.reduced();
}

Fingerprint fingerprint_box(const ReducedLuma& luma, const PixelBox& box, float* workspace) {
  return fingerprint_of(spectrum_of_box(luma, box, workspace));
}

Fingerprint fingerprint_view(const PictureGrid& grid, float width, float height, const View& view) {
  Samples samples;
  sample_view(grid, width, height, view, samples);
  return fingerprint_of(spectrum_of(samples));
}

}  // namespace
}  // namespace TAKEBACK_ISA

const Kernels TAKEBACK_FOR_ISA(kernels) = {
    TAKEBACK_ISA_NAME, fingerprint_pixels, reduce_pixels,
    fingerprint_box,   make_grid,          fingerprint_view,
};

}  // namespace takeback
