// Fuzzes the PDQ kernels: any pixels, however they lie, any crop and any view of them; within the
// memory that was promised, and with the same bits in every instruction set.
#include "pdq/kernels.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "pdq/pdq.hpp"
#include "pdq/picture_grid.hpp"

namespace {

using namespace takeback;

constexpr size_t kShortSide = 70;
constexpr size_t kLongSide = 600;  // so that the grid is made of a picture reduced once more
constexpr size_t kMostTimes = 4;  // as far as a picture is reduced

// Reads numbers from the head of the input, and zeros behind its end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  size_t upto(size_t most) {
    const size_t high = byte();
    return (high << 8 | byte()) % (most + 1);
  }

  // Mostly short ones: they are quick.
  size_t side() { return 1 + upto(upto(7) == 0 ? kLongSide - 1 : kShortSide - 1); }

  uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

// Exactly so many: the sanitizer sees the first one too many.
template <typename T>
std::unique_ptr<T[]> exactly(size_t count) {
  return std::make_unique<T[]>(count);
}

void require_same(const Fingerprint& one, const Fingerprint& other) {
  if (one.quality != other.quality) std::abort();
  if (std::memcmp(one.hashes, other.hashes, sizeof one.hashes) != 0) std::abort();
}

void require_possible(const Fingerprint& fingerprint) {
  if (fingerprint.quality < 0 || fingerprint.quality > 100) std::abort();
}

struct Seen {
  Fingerprint exact;
  Fingerprint box;
  Fingerprint view;
};

Seen look(const Kernels& kernels, const Pixels& pixels, size_t scale, const PixelBox& box,
          const View& view) {
  const size_t exact_floats = PdqRows::workspace_floats(pixels.width, pixels.height);
  Seen seen{};
  seen.exact = kernels.fingerprint_pixels(pixels, exactly<float>(exact_floats).get());
  const auto memory =
      exactly<uint8_t>(LumaReducer::bytes(pixels.width, pixels.height, scale));
  const ReducedLuma luma = kernels.reduce_pixels(
      pixels, scale, exactly<float>(2 * pixels.width).get(), memory.get());
  const auto box_workspace = exactly<float>(box_workspace_floats(luma, box));
  seen.box = kernels.fingerprint_box(luma, box, box_workspace.get());
  const auto grid_workspace = exactly<uint8_t>(grid_workspace_bytes(luma));
  const auto grid = exactly<float>(kGridSide * kGridSide);
  auto& samples = *reinterpret_cast<PictureGrid*>(grid.get());
  kernels.fill_grid(luma, grid_workspace.get(), samples);
  seen.view = kernels.fingerprint_view(samples, static_cast<float>(pixels.width),
                                       static_cast<float>(pixels.height), view);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const size_t width = input.side();
  const size_t height = input.side();
  const int channels = std::array{1, 3, 4}[input.upto(2)];
  const bool upside_down = input.upto(1) != 0;
  const bool mirrored = input.upto(1) != 0;
  const size_t gap = input.upto(7);  // bytes between rows
  const size_t scale = 1 + input.upto(kMostTimes - 1);
  const size_t left = input.upto(width - 1);
  const size_t top = input.upto(height - 1);
  const PixelBox box{left, top, left + 1 + input.upto(width - left - 1),
                     top + 1 + input.upto(height - top - 1)};

  const auto share = [](size_t edge, size_t side) {
    return static_cast<float>(edge) / static_cast<float>(side);
  };
  const float angle = static_cast<float>(input.upto(720)) / 100 - 3.6f;
  const View view{share(box.left, width),  share(box.top, height),
                  share(box.right, width), share(box.bottom, height),
                  std::sin(angle),         std::cos(angle)};

  const std::span<const Kernels* const> all = kernels_here<Kernels>();
  const Kernels& one = *all.front();
  const Kernels& another = *all[input.upto(all.size() - 1)];

  const auto step = static_cast<ptrdiff_t>(channels);
  const size_t row = width * static_cast<size_t>(channels) + gap;
  const size_t length = row * height - gap;
  const auto bytes = exactly<uint8_t>(length);
  uint8_t last = 0;
  for (size_t n = 0; n < length; ++n) bytes[n] = last = static_cast<uint8_t>(last * 5 + input.byte());
  const auto row_stride = static_cast<ptrdiff_t>(row);
  const Pixels pixels{
      .data = bytes.get() + (upside_down ? row * (height - 1) : 0) +
              (mirrored ? (width - 1) * static_cast<size_t>(channels) : 0),
      .width = width,
      .height = height,
      .channels = channels,
      .row_stride = upside_down ? -row_stride : row_stride,
      .pixel_stride = mirrored ? -step : step,
      .channel_stride = 1,
  };

  const Seen seen = look(one, pixels, scale, box, view);
  const Seen again = look(another, pixels, scale, box, view);
  require_possible(seen.exact);
  require_possible(seen.box);
  require_possible(seen.view);
  require_same(seen.exact, again.exact);
  require_same(seen.box, again.box);
  require_same(seen.view, again.view);
  return 0;
}
