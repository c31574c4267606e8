// takeback._native.Luma and view_pdqs: PDQs of a picture's parts and views, from its brightness at a
// smaller size.
#include "bindings/luma.hpp"

#include <nanobind/ndarray.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/pixels.hpp"
#include "pdq/kernels.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using namespace takeback;

using Boxes = nb::ndarray<const uint32_t, nb::shape<-1, 4>, nb::c_contig, nb::device::cpu>;
using Views = nb::ndarray<const float, nb::shape<-1, 5>, nb::c_contig, nb::device::cpu>;
using Grid = nb::ndarray<const float, nb::shape<kGridSide, kGridSide>, nb::c_contig,
                         nb::device::cpu>;

std::unique_ptr<float[]> floats(size_t count) {
  return std::unique_ptr<float[]>(new float[count]);
}

const Kernels& kernels() { return *chosen_kernels<Kernels>(); }

class Luma {
 public:
  static Luma from_pixels(nb::handle object) {
    const PixelArray array = array_of(object);
    const Pixels pixels = pixels_of(array);
    check_sides(pixels.width, pixels.height);
    const size_t scale = scale_for(pixels.width, pixels.height);
    return reduced_from(pixels, scale);
  }

  // `width` and `height` are of the full picture; the array holds it at 1/scale, rounded up.
  static Luma from_scaled(nb::handle object, size_t width, size_t height) {
    const PixelArray array = array_of(object);
    const Pixels pixels = pixels_of(array);
    if (pixels.channels != 1) throw nb::value_error("A scaled picture must be grey.");
    check_sides(width, height);
    check_sides(pixels.width, pixels.height);
    // The longer side tells the scale for sure once it is longer than the scale squared.
    const size_t scale = width > height ? (width + pixels.width - 1) / pixels.width
                                        : (height + pixels.height - 1) / pixels.height;
    if ((width + scale - 1) / scale != pixels.width ||
        (height + scale - 1) / scale != pixels.height) {
      throw nb::value_error("The scaled picture is not a whole part of the full one.");
    }
    if (pixels.pixel_stride == 1 && pixels.width >= kStrip &&
        pixels.row_stride >= static_cast<ptrdiff_t>(pixels.width)) {
      Luma luma;
      luma.borrowed_ = array;
      luma.reduced_ = {pixels.data, static_cast<size_t>(pixels.row_stride), scale, width, height};
      return luma;
    }
    Luma luma = reduced_from(pixels, 1);
    luma.reduced_.scale = scale;
    luma.reduced_.full_width = width;
    luma.reduced_.full_height = height;
    return luma;
  }

  size_t width() const { return reduced_.full_width; }
  size_t height() const { return reduced_.full_height; }
  size_t scale() const { return reduced_.scale; }

  nb::tuple dihedral_pdqs() const {
    const PixelBox whole{0, 0, width(), height()};
    Fingerprint fingerprint;
    {
      const nb::gil_scoped_release released;
      fingerprint = kernels().fingerprint_box(
          reduced_, whole, floats(box_workspace_floats(reduced_, whole)).get());
    }
    return dihedrals_of(fingerprint);
  }

  nb::tuple crop_pdqs(const Boxes& boxes) const {
    const size_t count = boxes.shape(0);
    for (size_t n = 0; n < count; ++n) {
      const uint32_t* box = boxes.data() + 4 * n;
      if (!(box[0] < box[2] && box[2] <= width() && box[1] < box[3] && box[3] <= height())) {
        throw nb::value_error("A crop must lie inside the picture and not be empty.");
      }
    }
    auto codes = std::make_unique<uint8_t[]>(count * sizeof(PdqHash));
    auto qualities = std::make_unique<uint8_t[]>(count);
    {
      const nb::gil_scoped_release released;
      for (size_t n = 0; n < count; ++n) {
        const uint32_t* at = boxes.data() + 4 * n;
        const PixelBox box{at[0], at[1], at[2], at[3]};
        const Fingerprint fingerprint =
            kernels().fingerprint_box(reduced_, box, floats(box_workspace_floats(reduced_, box)).get());
        std::memcpy(codes.get() + n * sizeof(PdqHash), &fingerprint.hashes[0], sizeof(PdqHash));
        qualities[n] = static_cast<uint8_t>(fingerprint.quality);
      }
    }
    return nb::make_tuple(given_away(std::move(codes), count, sizeof(PdqHash)),
                          given_away(std::move(qualities), count));
  }

  // With the columns, the rows or both in the opposite order.
  Luma flipped(bool across, bool down) const {
    if (reduced_.scale != 1) throw nb::value_error("Only a picture of full size can be flipped.");
    const auto stride = static_cast<ptrdiff_t>(reduced_.row_stride);
    Pixels pixels{reduced_.data, width(), height(), 1, stride, 1, 0};
    if (across) {
      pixels.data += width() - 1;
      pixels.pixel_stride = -1;
    }
    if (down) {
      pixels.data += static_cast<ptrdiff_t>(height() - 1) * stride;
      pixels.row_stride = -stride;
    }
    return reduced_from(pixels, 1);
  }

  nb::ndarray<nb::numpy, float, nb::ndim<2>> grid() const {
    auto memory = floats(kGridSide * kGridSide);
    {
      const nb::gil_scoped_release released;
      const std::unique_ptr<uint8_t[]> workspace(new uint8_t[grid_workspace_bytes(reduced_)]);
      kernels().fill_grid(reduced_, workspace.get(), *reinterpret_cast<PictureGrid*>(memory.get()));
    }
    return given_away(std::move(memory), kGridSide, kGridSide);
  }

 private:
  Luma() = default;

  static void check_sides(size_t width, size_t height) {
    if (width == 0 || height == 0) throw nb::value_error("A picture has at least one pixel.");
    if (width > kLargestSide || height > kLargestSide) {
      throw nb::value_error("A picture side may have at most 16,777,216 pixels.");
    }
  }

  static Luma reduced_from(const Pixels& pixels, size_t scale) {
    Luma luma;
    const nb::gil_scoped_release released;
    luma.owned_.resize(LumaReducer::bytes(pixels.width, pixels.height, scale));
    luma.reduced_ =
        kernels().reduce_pixels(pixels, scale, floats(2 * pixels.width).get(), luma.owned_.data());
    return luma;
  }

  std::optional<PixelArray> borrowed_;
  std::vector<uint8_t> owned_;
  ReducedLuma reduced_{};
};

nb::tuple view_pdqs(const Grid& grid, float width, float height, const Views& views) {
  if (!(width >= 1 && height >= 1 && std::isfinite(width) && std::isfinite(height))) {
    throw nb::value_error("A picture has at least one pixel.");
  }
  const size_t count = views.shape(0);
  for (size_t n = 0; n < count; ++n) {
    const float* view = views.data() + 5 * n;
    if (!(0 <= view[0] && view[0] < view[2] && view[2] <= 1 && 0 <= view[1] && view[1] < view[3] &&
          view[3] <= 1)) {
      throw nb::value_error("A view's edges must be shares of the sides, 0 to 1, in order.");
    }
    if (!(std::abs(view[4]) <= 360)) {
      throw nb::value_error("A view must be turned by -360 to 360 degrees.");
    }
  }
  auto codes = std::make_unique<uint8_t[]>(count * kDihedrals * sizeof(PdqHash));
  auto qualities = std::make_unique<uint8_t[]>(count);
  {
    const nb::gil_scoped_release released;
    const auto& samples = *reinterpret_cast<const PictureGrid*>(grid.data());
    for (size_t n = 0; n < count; ++n) {
      const float* at = views.data() + 5 * n;
      const float angle = at[4] * std::numbers::pi_v<float> / 180;
      const View view{at[0], at[1], at[2], at[3], std::sin(angle), std::cos(angle)};
      const Fingerprint fingerprint = kernels().fingerprint_view(samples, width, height, view);
      std::memcpy(codes.get() + n * sizeof(fingerprint.hashes), fingerprint.hashes,
                  sizeof(fingerprint.hashes));
      qualities[n] = static_cast<uint8_t>(fingerprint.quality);
    }
  }
  return nb::make_tuple(given_away(std::move(codes), count, kDihedrals, sizeof(PdqHash)),
                        given_away(std::move(qualities), count));
}

}  // namespace

void bind_luma(nb::module_& module) {
  nb::class_<Luma>(module, "Luma", "A picture's brightness at a size that PDQ needs.")
      .def_static("from_pixels", &Luma::from_pixels, "pixels"_a.none())
      .def_static("from_scaled", &Luma::from_scaled, "grey"_a.none(), "width"_a, "height"_a)
      .def_prop_ro("width", &Luma::width)
      .def_prop_ro("height", &Luma::height)
      .def_prop_ro("scale", &Luma::scale)
      .def("dihedral_pdqs", &Luma::dihedral_pdqs)
      .def("crop_pdqs", &Luma::crop_pdqs, "boxes"_a)
      .def("flipped", &Luma::flipped, "across"_a, "down"_a)
      .def("grid", &Luma::grid);
  module.def("view_pdqs", &view_pdqs, "grid"_a, "width"_a, "height"_a, "views"_a);
}
