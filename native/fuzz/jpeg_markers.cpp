// Fuzzes the walk over a JPEG's markers: it stays inside the file, and so does what it finds; what may
// be left out is found only before an end of the image.
#include "media/jpeg_markers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy, so that the sanitizer sees one byte too far.
  const std::vector<uint8_t> file(data, data + size);
  const takeback::JpegMarkers found = takeback::jpeg_markers(file.data(), file.size(), 100);
  if (found.scans > size / 2) std::abort();  // each has a marker of its own
  for (const auto& extents : {found.exif, found.colour_refinements}) {
    size_t before = 0;
    for (const takeback::Extent& extent : extents) {
      if (extent.at < before || extent.at > size || extent.length > size - extent.at) std::abort();
      before = extent.at + extent.length;
    }
  }
  if (!found.colour_refinements.empty()) {
    const takeback::Extent& last = found.colour_refinements.back();
    constexpr uint8_t kEndOfImage[] = {0xFF, 0xD9};
    const auto behind = file.begin() + static_cast<ptrdiff_t>(last.at + last.length);
    if (std::search(behind, file.end(), kEndOfImage, kEndOfImage + 2) == file.end()) std::abort();
  }
  return 0;
}
