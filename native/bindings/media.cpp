// The part of takeback._native that takeback.media stands on.
#include <nanobind/nanobind.h>

#include <vector>

#include "bindings/media.hpp"
#include "media/jpeg_markers.hpp"
#include "media/seccomp.hpp"

namespace nb = nanobind;

namespace {

using takeback::Extent;
using takeback::JpegMarkers;

// The bytes of any object that has them, where they lie.
class Buffer {
 public:
  explicit Buffer(nb::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw nb::python_error();
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { PyBuffer_Release(&view_); }

  const uint8_t* data() const { return static_cast<const uint8_t*>(view_.buf); }
  size_t size() const { return static_cast<size_t>(view_.len); }

 private:
  Py_buffer view_{};
};

nb::tuple ranges_of(const std::vector<Extent>& extents) {
  nb::list ranges;
  for (const Extent& extent : extents) {
    ranges.append(nb::make_tuple(extent.at, extent.at + extent.length));
  }
  return nb::tuple(ranges);
}

nb::tuple jpeg_markers(nb::handle object, size_t most_scans) {
  const Buffer jpeg(object);
  JpegMarkers found;
  {
    const nb::gil_scoped_release released;
    found = takeback::jpeg_markers(jpeg.data(), jpeg.size(), most_scans);
  }
  return nb::make_tuple(
      found.scans, ranges_of(found.exif), ranges_of(found.colour_refinements),
      nb::make_tuple(found.frame.marker, found.frame.precision, found.frame.height,
                     found.frame.width, found.frame.brightness_first));
}

}  // namespace

void bind_media(nb::module_& module) {
  module.def("jpeg_markers", &jpeg_markers, nb::arg("jpeg"), nb::arg("most_scans"),
             "Return (number of scans, at most one more than `most_scans`; start and end of the Exif if there is any, start and end of each scan "
             "that refines colour only; marker, precision, height and width of its frame, and whether brightness "
             "comes first in it) of a JPEG.");
  module.def("forbid_system_calls", &takeback::forbid_system_calls,
             "Confine this process for good; return 0, or the error number if that can't be.");
}
