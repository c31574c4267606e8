// takeback._native: the kernels for Python, on NumPy arrays where they lie.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "bindings_media.hpp"
#include "pdq.hpp"

namespace nb = nanobind;

namespace {

using takeback::Dihedral;
using takeback::PdqHash;
using takeback::PdqRows;
using takeback::Pixels;
using takeback::Spectrum;
using Array = nb::ndarray<nb::ro, nb::device::cpu>;

Array array_of(nb::handle object) {
  Array array;
  if (!nb::try_cast<Array>(object, array)) {
    const std::string type = nb::str(object.type().attr("__name__")).c_str();
    throw nb::type_error(("Pixels must be a NumPy array of uint8, not " + type +
                          ". Make one with numpy.asarray(picture).")
                             .c_str());
  }
  return array;
}

// Describes the array in the kernel's terms; any strides will do. The caller keeps it alive.
Pixels pixels_of(const Array& array) {
  if (array.dtype() != nb::dtype<uint8_t>()) {
    throw nb::type_error("Pixels must be uint8, 0 to 255 a channel. Convert the array first.");
  }
  const bool grey = array.ndim() == 2;
  const bool coloured = array.ndim() == 3 && (array.shape(2) == 3 || array.shape(2) == 4);
  if (!grey && !coloured) {
    std::string shape;
    for (size_t axis = 0; axis < array.ndim(); ++axis) {
      shape += (axis == 0 ? "" : ", ") + std::to_string(array.shape(axis));
    }
    throw nb::value_error(("Pixels must have shape (height, width), (height, width, 3) or "
                           "(height, width, 4), not (" +
                           shape + ").")
                              .c_str());
  }
  if (array.shape(0) > takeback::kLargestSide || array.shape(1) > takeback::kLargestSide) {
    throw nb::value_error("A picture side may have at most 16,777,216 pixels.");
  }
  return Pixels{
      .data = static_cast<const uint8_t*>(array.data()),
      .width = array.shape(1),
      .height = array.shape(0),
      .channels = grey ? 1 : static_cast<int>(array.shape(2)),
      .row_stride = static_cast<ptrdiff_t>(array.stride(0)),
      .pixel_stride = static_cast<ptrdiff_t>(array.stride(1)),
      .channel_stride = grey ? 0 : static_cast<ptrdiff_t>(array.stride(2)),
  };
}

// Other Python threads run meanwhile.
Spectrum spectrum_of(const Pixels& pixels) {
  const nb::gil_scoped_release released;
  const std::unique_ptr<float[]> workspace(
      new float[PdqRows::workspace_floats(pixels.width, pixels.height)]);
  PdqRows rows(pixels.width, pixels.height, workspace.get());
  rows.add(pixels);
  return rows.spectrum();
}

nb::bytes bytes_of(const PdqHash& hash) { return nb::bytes(hash.bytes, sizeof hash.bytes); }

nb::tuple pdq(nb::handle object) {
  const Array array = array_of(object);
  const Spectrum spectrum = spectrum_of(pixels_of(array));
  return nb::make_tuple(bytes_of(pdq_of(spectrum)), spectrum.quality);
}

template <size_t... Index>
nb::tuple eight_of(const Spectrum& spectrum, std::index_sequence<Index...>) {
  return nb::make_tuple(bytes_of(pdq_of(spectrum, static_cast<Dihedral>(Index)))...);
}

nb::tuple dihedral_pdqs(nb::handle object) {
  const Array array = array_of(object);
  const Spectrum spectrum = spectrum_of(pixels_of(array));
  return nb::make_tuple(
      eight_of(spectrum, std::make_index_sequence<static_cast<size_t>(takeback::kDihedrals)>()),
      spectrum.quality);
}

}  // namespace

NB_MODULE(_native, module) {
  module.doc() = "C++ kernels of Takeback. Import them through takeback.fingerprints.";
  module.def("pdq", &pdq, nb::arg("pixels").none(),
             "Return (the 32 bytes of the PDQ, its quality 0 to 100) of a uint8 array.");
  module.def("dihedral_pdqs", &dihedral_pdqs, nb::arg("pixels").none(),
             "Return (eight PDQs of 32 bytes, their quality) of a uint8 array.");
  bind_media(module);
}
