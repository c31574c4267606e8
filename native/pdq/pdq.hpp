// PDQ of a picture, row by row: the one kernel that becomes both takeback._native and WebAssembly.
//
// The algorithm is Meta's PDQ (https://github.com/facebook/ThreatExchange/tree/main/pdq): luma,
// two box passes ("Jarosz filter"), 64x64 samples, 16x16 frequencies of a DCT, a bit for each that
// is above their median. Its float32 operations are done in the order of the reference, so that
// equal pixels give equal bits even where a picture is nearly flat. Two consequences:
//   - Compile without fused multiply-add (-ffp-contract=off) and without -ffast-math.
//   - Running sums stay running sums: a sum taken afresh for each window would round differently.
//
// Unlike the reference it holds no picture-sized buffer. A row goes through all the steps while it
// is in cache; only the rows under a window are kept. This needs no library and no allocation: the
// caller lends the working memory, so that the same source compiles for a bare wasm32.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "machine/instruction_set.hpp"
#include "pdq/box_filter.hpp"
#include "pdq/pixels.hpp"
#include "pdq/spectrum.hpp"

namespace takeback {
inline namespace TAKEBACK_ISA {

// One picture's way to its spectrum: make it, give it every row from top to bottom, ask.
class PdqRows {
 public:
  // How many floats of working memory a picture of this size needs.
  static constexpr size_t workspace_floats(size_t width, size_t height) {
    return first_pass_at(width) + detail::ColumnFilter::floats(detail::Window(height), width) +
           detail::ColumnFilter::floats(detail::Window(height), detail::kSide);
  }

  // Sides are at most kLargestSide. `workspace` must live as long as this object.
  PdqRows(size_t width, size_t height, float* workspace)
      : width_(width),
        height_(height),
        path_(width < kSmallestSide || height < kSmallestSide         ? Path::too_small
              : width == detail::kSide && height == detail::kSide ? Path::unfiltered
                                                                  : Path::filtered),
        across_(width),
        luma_(workspace),
        blurred_(workspace + detail::kBatch * width),
        counts_(workspace + 2 * detail::kBatch * width),
        first_pass_(detail::Window(height), width, workspace + first_pass_at(width)),
        second_pass_(detail::Window(height), detail::kSide,
                     workspace + first_pass_at(width) +
                         detail::ColumnFilter::floats(detail::Window(height), width)) {
    if (path_ != Path::filtered) return;
    for (size_t x = 0; x < width; ++x) counts_[x] = static_cast<float>(across_.count(x));
  }

  // Takes the rows of `strip` as the next ones. Its width is that of the picture, and all strips
  // together have no more rows than the picture.
  void add(const Pixels& strip) {
    add(strip, [](const float*) {});
  }

  // The same, and hands the brightness of each row to see(luma).
  template <typename See>
  void add(const Pixels& strip, See see) {
    for (size_t y = 0; y < strip.height; ++y, ++rows_in_) {
      const size_t in_batch = rows_in_ % detail::kBatch;
      float* luma = path_ == Path::unfiltered ? samples_[rows_in_] : luma_ + in_batch * width_;
      detail::luma_of_row(strip, y, luma);
      see(static_cast<const float*>(luma));
      if (path_ != Path::filtered) continue;
      if (in_batch + 1 == detail::kBatch || rows_in_ + 1 == height_) {
        filter_first(rows_in_ - in_batch, in_batch + 1);
      }
    }
  }

  // To be asked when all rows are in.
  Spectrum spectrum() const {
    return path_ == Path::too_small ? Spectrum{} : spectrum_of(samples_);
  }

 private:
  enum class Path { too_small, unfiltered, filtered };

  static constexpr size_t first_pass_at(size_t width) { return (2 * detail::kBatch + 1) * width; }

  // A short last batch is filled up with its own first row, which then does the same work twice.
  static constexpr size_t row_of(size_t r, size_t batch) { return r < batch ? r : 0; }

  // First box pass over `batch` rows of luma, of which `first` is the first.
  void filter_first(size_t first, size_t batch) {
    using namespace detail;
    const float* in[kBatch];
    float* out[kBatch];
    for (size_t r = 0; r < kBatch; ++r) {
      in[r] = luma_ + row_of(r, batch) * width_;
      out[r] = first_pass_.slot(first + row_of(r, batch));
    }
    slide(in, across_, [&](size_t x, const float (&sums)[kBatch]) {
      for (size_t r = 0; r < kBatch; ++r) out[r][x] = sums[r];
    });
    for (size_t r = 0; r < batch; ++r) {
      float* row = out[r];
      for (size_t x = 0; x < width_; ++x) row[x] /= counts_[x];
      first_pass_.enter(first + r, [&](size_t y, const float* sums, float count) {
        const size_t in_batch = y % kBatch;
        float* blurred = blurred_ + in_batch * width_;
        for (size_t x = 0; x < width_; ++x) blurred[x] = sums[x] / count;
        if (in_batch + 1 == kBatch || y + 1 == height_) filter_second(y - in_batch, in_batch + 1);
      });
    }
  }

  // Second box pass. Its output matters only where the 64x64 samples are taken.
  void filter_second(size_t first, size_t batch) {
    using namespace detail;
    const float* in[kBatch];
    float* out[kBatch];
    for (size_t r = 0; r < kBatch; ++r) {
      in[r] = blurred_ + row_of(r, batch) * width_;
      out[r] = second_pass_.slot(first + row_of(r, batch));
    }
    size_t column = 0;
    size_t wanted = sample_position(0, width_);
    slide(in, across_, [&](size_t x, const float (&sums)[kBatch]) {
      while (x == wanted) {  // a picture under 64 pixels wide is sampled more than once at some
        for (size_t r = 0; r < kBatch; ++r) out[r][column] = sums[r] / counts_[x];
        ++column;
        wanted = column < kSide ? sample_position(column, width_) : width_;
      }
    });
    for (size_t r = 0; r < batch; ++r) {
      second_pass_.enter(first + r, [&](size_t y, const float* sums, float count) {
        for (; rows_out_ < kSide && sample_position(rows_out_, height_) == y; ++rows_out_) {
          for (size_t k = 0; k < kSide; ++k) samples_[rows_out_][k] = sums[k] / count;
        }
      });
    }
  }

  size_t width_;
  size_t height_;
  Path path_;
  detail::Window across_;
  float* luma_;     // one batch of rows
  float* blurred_;  // one batch of rows after the first pass
  float* counts_;   // how many inputs each column's window holds
  detail::ColumnFilter first_pass_;
  detail::ColumnFilter second_pass_;
  size_t rows_in_ = 0;
  size_t rows_out_ = 0;
  Samples samples_;
};

}  // namespace TAKEBACK_ISA
}  // namespace takeback
