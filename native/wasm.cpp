// The PDQ kernel as a bare WebAssembly module for the browser: memory and three functions.
//
//   begin(width, height, strip_rows) -> address of the strip, 0 if there is no memory for it
//   add(rows)                        takes that many rows out of the strip
//   finish()                         -> address of the result
//
// The strip is strip_rows x width RGBA pixels, 4 bytes each, without gaps. JavaScript fills it with
// the next rows of the picture (from the top), calls add, and so on: memory stays small however
// large the picture. Alpha is not looked at: draw the picture on white first. The result is eight
// PDQs of 32 bytes (Dihedral order, the picture as it is first), then the quality as one byte.
//
// One picture at a time; begin starts anew whatever was before. Memory may grow in begin, so views
// of it are to be made after that.
#include <stddef.h>
#include <stdint.h>

#include "pdq.hpp"

// The linker puts this symbol where free memory begins.
extern "C" unsigned char __heap_base;

// Placement new: there is no <new> to take it from.
inline void* operator new(size_t, void* at) noexcept { return at; }

namespace {

using takeback::Dihedral;
using takeback::PdqHash;
using takeback::PdqRows;

constexpr size_t kPage = 65536;
constexpr uint64_t kMostMemory = uint64_t{1} << 30;

struct Result {
  PdqHash hashes[takeback::kDihedrals];
  uint8_t quality;
};
static_assert(offsetof(Result, quality) == 256);

struct Picture {
  PdqRows rows;
  const uint8_t* strip;
  size_t width;
  size_t strip_rows;
  size_t rows_left;
};

alignas(Picture) unsigned char picture_memory[sizeof(Picture)];
Picture* picture = nullptr;
Result result;

bool grow_memory_to(uint64_t bytes) {
  const size_t pages = static_cast<size_t>((bytes + kPage - 1) / kPage);
  const size_t present = __builtin_wasm_memory_size(0);
  return pages <= present || __builtin_wasm_memory_grow(0, pages - present) != SIZE_MAX;
}

}  // namespace

extern "C" {

__attribute__((export_name("begin"))) uint8_t* begin(uint32_t width, uint32_t height,
                                                     uint32_t strip_rows) {
  picture = nullptr;
  if (width == 0 || height == 0 || strip_rows == 0) return nullptr;
  if (width > takeback::kLargestSide || height > takeback::kLargestSide) return nullptr;
  if (strip_rows > height) strip_rows = height;
  const uint64_t strip_bytes = uint64_t{4} * width * strip_rows;
  // What the workspace holds is at most the rows under a window (1/128 of the height and one) and
  // a few more: asked here in 64 bits, because a size_t would overflow unseen.
  const uint64_t most_workspace =
      sizeof(float) * (uint64_t{width} + takeback::detail::kSide) * (uint64_t{height} / 128 + 32);
  const uint64_t heap = reinterpret_cast<uintptr_t>(&__heap_base);
  const uint64_t workspace_at = (heap + 15) / 16 * 16;
  if (workspace_at + most_workspace + strip_bytes > kMostMemory) return nullptr;
  const uint64_t strip_at =
      workspace_at + sizeof(float) * PdqRows::workspace_floats(width, height);
  if (!grow_memory_to(strip_at + strip_bytes)) return nullptr;

  auto* workspace = reinterpret_cast<float*>(static_cast<uintptr_t>(workspace_at));
  auto* strip = reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(strip_at));
  picture = new (picture_memory)
      Picture{PdqRows(width, height, workspace), strip, width, strip_rows, height};
  return strip;
}

// Returns how many rows are still missing. Rows beyond the strip or the picture are left out.
__attribute__((export_name("add"))) uint32_t add(uint32_t rows) {
  if (picture == nullptr) return 0;
  size_t taken = rows < picture->strip_rows ? rows : picture->strip_rows;
  if (taken > picture->rows_left) taken = picture->rows_left;
  picture->rows.add({
      .data = picture->strip,
      .width = picture->width,
      .height = taken,
      .channels = 4,
      .row_stride = static_cast<ptrdiff_t>(picture->width * 4),
      .pixel_stride = 4,
      .channel_stride = 1,
  });
  picture->rows_left -= taken;
  return static_cast<uint32_t>(picture->rows_left);
}

// Returns 0 if no picture was begun or rows are missing.
__attribute__((export_name("finish"))) const Result* finish() {
  if (picture == nullptr || picture->rows_left != 0) return nullptr;
  const takeback::Spectrum spectrum = picture->rows.spectrum();
  for (int n = 0; n < takeback::kDihedrals; ++n) {
    result.hashes[n] = pdq_of(spectrum, static_cast<Dihedral>(n));
  }
  result.quality = static_cast<uint8_t>(spectrum.quality);
  picture = nullptr;
  return &result;
}

}  // extern "C"
