#include "bindings/pixels.hpp"

#include <string>

namespace nb = nanobind;

namespace takeback {

PixelArray array_of(nb::handle object) {
  PixelArray array;
  if (!nb::try_cast<PixelArray>(object, array)) {
    const std::string type = nb::str(object.type().attr("__name__")).c_str();
    throw nb::type_error(("Pixels must be a NumPy array of uint8, not " + type +
                          ". Make one with numpy.asarray(picture).")
                             .c_str());
  }
  return array;
}

Pixels pixels_of(const PixelArray& array) {
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
  if (array.shape(0) > kLargestSide || array.shape(1) > kLargestSide) {
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

nb::bytes bytes_of(const PdqHash& hash) { return nb::bytes(hash.bytes, sizeof hash.bytes); }

nb::tuple dihedrals_of(const Fingerprint& fingerprint) {
  nb::list eight;
  for (const PdqHash& hash : fingerprint.hashes) eight.append(bytes_of(hash));
  return nb::make_tuple(nb::tuple(eight), fingerprint.quality);
}

}  // namespace takeback
