// The PDQ kernel as a bare WebAssembly module for the browser: memory and four functions.
//
//   begin(width, height, strip_rows)  -> address of the strip, 0 if there is no memory for it
//   add(rows)                         takes that many rows out of the strip
//   finish()                          -> address of the result
//   crop(left, top, right, bottom)    -> address of the result of a part, after finish
//
// The strip is strip_rows x width RGBA pixels, 4 bytes each, without gaps. JavaScript fills it with
// the next rows of the picture (from the top), calls add, and so on: memory stays small however
// large the picture. Alpha is not looked at: draw the picture on white first. The result is eight
// PDQs of 32 bytes (Dihedral order, the picture as it is first), then the quality as one byte; the
// next call writes over it. Parts are in pixels, the last column and row not included; they are
// looked at in a smaller copy, so that they cost nearly nothing.
//
// One picture at a time; begin starts anew whatever was before. Memory may grow in begin, so views
// of it are to be made after that.
#include <stddef.h>
#include <stdint.h>

#include "pdq/pdq.hpp"
#include "pdq/sampling.hpp"

// The linker puts this symbol where free memory begins.
extern "C" unsigned char __heap_base;

// Placement new: there is no <new> to take it from.
inline void* operator new(size_t, void* at) noexcept { return at; }

namespace {

using takeback::Dihedral;
using takeback::PdqHash;
using takeback::LumaReducer;
using takeback::PdqRows;
using takeback::PixelBox;
using takeback::ReducedLuma;
using takeback::Spectrum;

constexpr size_t kPage = 65536;
constexpr uint64_t kMostMemory = uint64_t{1} << 30;

struct Result {
  PdqHash hashes[takeback::kDihedrals];
  uint8_t quality;
};
static_assert(offsetof(Result, quality) == 256);

struct Picture {
  PdqRows rows;
  LumaReducer reducer;
  const uint8_t* strip;
  size_t width;
  size_t strip_rows;
  size_t rows_left;
  float* crop_workspace;
};

alignas(Picture) unsigned char picture_memory[sizeof(Picture)];
Picture* picture = nullptr;
bool finished = false;
Result result;

// Hands out memory from where free memory begins; it is taken from the machine in the end, at once.
class Plan {
 public:
  // Returns where so many bytes will lie, for any number or float.
  uint64_t add(uint64_t bytes) {
    const uint64_t at = (end_ + 15) / 16 * 16;
    end_ = at + bytes;
    return at;
  }
  uint64_t end() const { return end_; }

 private:
  uint64_t end_ = reinterpret_cast<uintptr_t>(&__heap_base);
};

template <typename T>
T* at(uint64_t address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

// The most that a picture can need, in 64 bits, because a size_t would overflow unseen: the rows
// under a window (1/128 of the height and one) and a few more, and the smaller copy.
bool fits(uint64_t width, uint64_t height, uint64_t scale, uint64_t strip_rows) {
  const uint64_t reduced_width = width / scale + takeback::kStrip + 1;
  const uint64_t floats = (width + takeback::detail::kSide) * (height / 128 + 32) + width;
  const uint64_t crops = 4 * takeback::detail::kSide * (width + height + 1024) / 64;
  const uint64_t bytes = reduced_width * (height / scale + 1) + 4 * width * strip_rows;
  return sizeof(float) * (floats + crops) + bytes < kMostMemory;
}

bool grow_memory_to(uint64_t bytes) {
  const size_t pages = static_cast<size_t>((bytes + kPage - 1) / kPage);
  const size_t present = __builtin_wasm_memory_size(0);
  return pages <= present || __builtin_wasm_memory_grow(0, pages - present) != SIZE_MAX;
}

const Result* result_of(const Spectrum& spectrum) {
  for (int n = 0; n < takeback::kDihedrals; ++n) {
    result.hashes[n] = pdq_of(spectrum, static_cast<Dihedral>(n));
  }
  result.quality = static_cast<uint8_t>(spectrum.quality);
  return &result;
}

}  // namespace

extern "C" {

__attribute__((export_name("begin"))) uint8_t* begin(uint32_t width, uint32_t height,
                                                     uint32_t strip_rows) {
  picture = nullptr;
  finished = false;
  if (width == 0 || height == 0 || strip_rows == 0) return nullptr;
  if (width > takeback::kLargestSide || height > takeback::kLargestSide) return nullptr;
  if (strip_rows > height) strip_rows = height;
  const size_t scale = takeback::scale_for(width, height);
  if (!fits(width, height, scale, strip_rows)) return nullptr;

  const ReducedLuma shape{nullptr, 0, scale, width, height};
  const size_t reduced_bytes = LumaReducer::bytes(width, height, scale);
  Plan plan;
  const uint64_t rows_at = plan.add(sizeof(float) * PdqRows::workspace_floats(width, height));
  const uint64_t sums_at = plan.add(sizeof(float) * width);
  const uint64_t crops_at =
      plan.add(sizeof(float) * takeback::box_workspace_floats(shape, {0, 0, width, height}));
  const uint64_t reduced_at = plan.add(reduced_bytes);
  const uint64_t strip_at = plan.add(uint64_t{4} * width * strip_rows);
  if (plan.end() > kMostMemory || !grow_memory_to(plan.end())) return nullptr;

  __builtin_memset(at<uint8_t>(reduced_at), 0, reduced_bytes);
  picture = new (picture_memory) Picture{
      PdqRows(width, height, at<float>(rows_at)),
      LumaReducer(width, height, scale, at<float>(sums_at), at<uint8_t>(reduced_at)),
      at<uint8_t>(strip_at),
      width,
      strip_rows,
      height,
      at<float>(crops_at),
  };
  return at<uint8_t>(strip_at);
}

// Returns how many rows are still missing. Rows beyond the strip or the picture are left out.
__attribute__((export_name("add"))) uint32_t add(uint32_t rows) {
  if (picture == nullptr) return 0;
  size_t taken = rows < picture->strip_rows ? rows : picture->strip_rows;
  if (taken > picture->rows_left) taken = picture->rows_left;
  const takeback::Pixels strip{
      .data = picture->strip,
      .width = picture->width,
      .height = taken,
      .channels = 4,
      .row_stride = static_cast<ptrdiff_t>(picture->width * 4),
      .pixel_stride = 4,
      .channel_stride = 1,
  };
  picture->rows.add(strip, [](const float* luma) { picture->reducer.add(luma); });
  picture->rows_left -= taken;
  return static_cast<uint32_t>(picture->rows_left);
}

// Returns 0 if no picture was begun, rows are missing, or it was finished before.
__attribute__((export_name("finish"))) const Result* finish() {
  if (picture == nullptr || picture->rows_left != 0 || finished) return nullptr;
  finished = true;
  return result_of(picture->rows.spectrum());
}

// Returns 0 if no picture is finished, or if the part is empty or reaches beyond the picture.
__attribute__((export_name("crop"))) const Result* crop(uint32_t left, uint32_t top, uint32_t right,
                                                        uint32_t bottom) {
  if (!finished) return nullptr;
  const ReducedLuma reduced = picture->reducer.reduced();
  if (left >= right || right > reduced.full_width) return nullptr;
  if (top >= bottom || bottom > reduced.full_height) return nullptr;
  const PixelBox box{left, top, right, bottom};
  return result_of(spectrum_of_box(reduced, box, picture->crop_workspace));
}

}  // extern "C"
