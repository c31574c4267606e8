// Tests of the way over reduced pixels that need no other program; built with sanitizers, and with
// exactly as much working memory as is promised.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "pdq/kernels.hpp"
#include "pdq/pdq.hpp"

namespace {

using namespace takeback;

int failures = 0;

void check(bool holds, const char* what, size_t a = 0, size_t b = 0) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s (%zu, %zu)\n", what, a, b);
}

struct Grey {
  size_t width;
  size_t height;
  std::vector<uint8_t> bytes;

  Grey(size_t w, size_t h, uint32_t seed) : width(w), height(h), bytes(w * h) {
    std::mt19937 random(seed);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  }

  Pixels pixels() const {
    return {.data = bytes.data(),
            .width = width,
            .height = height,
            .channels = 1,
            .row_stride = static_cast<ptrdiff_t>(width),
            .pixel_stride = 1,
            .channel_stride = 0};
  }
};

struct Reduced {
  std::vector<uint8_t> bytes;
  ReducedLuma luma;

  Reduced(const Kernels& kernels, const Grey& grey, size_t scale)
      : bytes(LumaReducer::bytes(grey.width, grey.height, scale)) {
    std::vector<float> workspace(2 * grey.width);
    luma = kernels.reduce_pixels(grey.pixels(), scale, workspace.data(), bytes.data());
  }
};

const std::vector<std::pair<size_t, size_t>> kSizes = {
    {1, 1},   {4, 900},  {5, 5},    {63, 64},   {64, 64},    {65, 127},
    {128, 9}, {129, 77}, {300, 41}, {1023, 17}, {513, 1026}, {1537, 600}};

Fingerprint of_box(const Kernels& kernels, const ReducedLuma& luma, const PixelBox& box) {
  std::vector<float> workspace(box_workspace_floats(luma, box));
  return kernels.fingerprint_box(luma, box, workspace.data());
}

bool same(const Fingerprint& a, const Fingerprint& b) {
  return a.quality == b.quality && std::memcmp(a.hashes, b.hashes, sizeof a.hashes) == 0;
}

void unreduced_samples_are_those_of_the_filter() {
  for (const auto& [width, height] : kSizes) {
    if (width < kSmallestSide || height < kSmallestSide) continue;
    const Grey grey(width, height, 7);
    const Reduced reduced(kernels_plain, grey, 1);
    std::vector<float> floats(PdqRows::workspace_floats(width, height));
    PdqRows rows(width, height, floats.data());
    rows.add(grey.pixels());
    const Spectrum expected = rows.spectrum();
    const PixelBox whole{0, 0, width, height};
    std::vector<float> workspace(box_workspace_floats(reduced.luma, whole));
    const Spectrum spectrum = spectrum_of_box(reduced.luma, whole, workspace.data());
    double largest = 0;
    for (size_t i = 0; i < detail::kFrequencies; ++i) {
      for (size_t j = 0; j < detail::kFrequencies; ++j) {
        largest = std::max(largest, std::abs(static_cast<double>(spectrum.at[i][j]) -
                                             static_cast<double>(expected.at[i][j])));
      }
    }
    check(largest < 0.05, "frequencies equal", width, height);
  }
}

void weights_make_one_and_stay_inside() {
  for (const size_t full : {5, 63, 64, 65, 127, 128, 129, 640, 4001, 100000}) {
    for (const size_t scale : {1, 2, 3, 8}) {
      const detail::Span span{full / 7, full - full / 9, scale};
      const size_t stride = detail::run_stride(span);
      std::vector<float> memory(detail::RunsMemory::floats(detail::kSide, stride));
      const auto runs = detail::RunsMemory::lay_out(detail::kSide, stride, memory.data());
      detail::ReferenceTents(span).write(runs);
      const size_t centred_stride = detail::CentredTents::stride(full, scale);
      std::vector<float> more(detail::RunsMemory::floats(kGridSide, centred_stride));
      const auto centred = detail::RunsMemory::lay_out(kGridSide, centred_stride, more.data());
      detail::CentredTents(full, scale, kGridSide).write(centred);
      for (const auto& each : {runs, centred}) {
        for (size_t k = 0; k < each.count; ++k) {
          check(each.length[k] >= 1 && each.length[k] <= each.stride, "length", full, scale);
          check(each.first[k] + each.length[k] <= (full + scale - 1) / scale, "end", full, scale);
          double sum = 0;
          for (size_t i = 0; i < each.length[k]; ++i) {
            const float weight = each.weights[k * each.stride + i];
            check(weight >= 0, "weight is not negative", full, scale);
            sum += static_cast<double>(weight);
          }
          check(std::abs(sum - 1) < 1e-4, "weights make one", full, scale);
        }
      }
    }
  }
}

void all_instruction_sets_agree() {
  for (const auto& [width, height] : kSizes) {
    for (const size_t scale : {1, 2, 3}) {
      const Grey grey(width, height, 11);
      const Reduced expected(kernels_plain, grey, scale);
      const PixelBox box{width / 5, height / 6, width - width / 8, height - height / 9};
      const bool empty = box.left >= box.right || box.top >= box.bottom;
      std::vector<float> expected_grid;
      for (const Kernels* kernels : kernels_here<Kernels>()) {
        const Reduced reduced(*kernels, grey, scale);
        check(reduced.bytes == expected.bytes, "reduced", width, height);
        if (!empty) {
          check(same(of_box(*kernels, reduced.luma, box),
                     of_box(kernels_plain, expected.luma, box)),
                "box", width, height);
        }
        std::vector<float> grid(kGridSide * kGridSide);
        auto& samples = *reinterpret_cast<PictureGrid*>(grid.data());
        const size_t bytes = grid_workspace_bytes(reduced.luma);
        const std::unique_ptr<uint8_t[]> workspace(new uint8_t[bytes]);
        kernels->fill_grid(reduced.luma, workspace.get(), samples);
        if (expected_grid.empty()) expected_grid = grid;
        check(grid == expected_grid, "grid", width, height);
        const View view{0.1f, 0.0f, 1.0f, 0.9f, 0.05f, 0.9987f};
        const auto w = static_cast<float>(width);
        const auto h = static_cast<float>(height);
        check(same(kernels->fingerprint_view(samples, w, h, view),
                   kernels_plain.fingerprint_view(samples, w, h, view)),
              "view", width, height);
      }
    }
  }
}

}  // namespace

int main() {
  unreduced_samples_are_those_of_the_filter();
  weights_make_one_and_stay_inside();
  all_instruction_sets_agree();
  std::printf(failures == 0 ? "all hold\n" : "%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
