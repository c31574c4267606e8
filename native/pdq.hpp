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

#include "box_filter.hpp"
#include "pixels.hpp"

namespace takeback {

// 256 bits in the order of the reference's text form: bit 255 first, bit 0 last.
struct PdqHash {
  uint8_t bytes[32];
};

// The order of the eight is that of pdqhash.compute_dihedral. Turns are anticlockwise; flip_x turns
// the picture upside down, flip_y swaps left and right.
enum class Dihedral {
  original,
  rotate90,
  rotate180,
  rotate270,
  flip_x,
  flip_y,
  transpose,
  anti_transpose,
};
inline constexpr int kDihedrals = 8;

inline constexpr size_t kSmallestSide = 5;        // below it the reference gives hash 0, quality 0
inline constexpr size_t kLargestSide = 1u << 24;  // window counts stay exact as float32

namespace detail {

inline constexpr size_t kFrequencies = 16;  // frequencies kept along each side
inline constexpr size_t kCoefficients = kFrequencies * kFrequencies;

// Where row or column `k` of the 64 samples lies in a side of `length` pixels: the middle of its
// share, rounded down.
constexpr size_t sample_position(size_t k, size_t length) {
  return (2 * k + 1) * length / (2 * kSide);
}

// Cosine of k * pi / 128, made at compile time. The angle is first folded into [0, pi/4], where
// eleven terms of the Taylor series are exact to the last bit or two of a double: far finer than
// the float32 that is kept.
constexpr double cosine_of_128ths(unsigned k) {
  constexpr double pi = 3.14159265358979323846;
  k %= 256;
  if (k > 128) k = 256 - k;
  const bool negative = k > 64;
  if (negative) k = 128 - k;
  const bool as_sine = k > 32;
  const double x = static_cast<double>(as_sine ? 64 - k : k) * pi / 128;
  double term = as_sine ? x : 1.0;
  double sum = 0.0;
  for (int n = as_sine ? 2 : 1; n <= 22; n += 2) {
    sum += term;
    term *= -x * x / (n * (n + 1));
  }
  return negative ? -sum : sum;
}

struct DctMatrix {
  float at[kFrequencies][kSide];
};

// Rows 1 to 16 of the 64-point DCT-II: row 0, the mean, says nothing about the shape of a picture.
constexpr DctMatrix make_dct_matrix() {
  constexpr float scale = 0.17677669529663687f;  // sqrt(2 / 64)
  DctMatrix matrix{};
  for (unsigned i = 0; i < kFrequencies; ++i) {
    for (unsigned j = 0; j < kSide; ++j) {
      matrix.at[i][j] =
          static_cast<float>(static_cast<double>(scale) * cosine_of_128ths((i + 1) * (2 * j + 1)));
    }
  }
  return matrix;
}

inline constexpr DctMatrix kDctMatrix = make_dct_matrix();

// The 128th smallest of the 256 coefficients: the lower of the two middle ones, as the reference
// takes it. Floats are mapped to integers of the same order and the answer is built bit by bit,
// from the highest, without moving anything.
inline float lower_median(const float (&coefficients)[kCoefficients]) {
  constexpr uint32_t sign = 0x80000000u;
  uint32_t keys[kCoefficients];
  for (size_t n = 0; n < kCoefficients; ++n) {
    // Adding zero makes -0 and +0 one value, as they are to a comparison.
    const uint32_t bits = __builtin_bit_cast(uint32_t, coefficients[n] + 0.0f);
    keys[n] = bits & sign ? ~bits : bits | sign;
  }
  uint32_t key = 0;
  for (uint32_t bit = sign; bit != 0; bit >>= 1) {
    uint32_t below = 0;
    for (const uint32_t other : keys) below += other < (key | bit) ? 1 : 0;
    if (below < kCoefficients / 2) key |= bit;
  }
  return __builtin_bit_cast(float, key & sign ? key & ~sign : ~key);
}

}  // namespace detail

// What PDQ keeps of a picture: 16x16 frequencies and how much there is to tell it by.
struct Spectrum {
  float at[detail::kFrequencies][detail::kFrequencies];  // [down][across], lowest first
  int quality;                                           // 0 (flat) to 100
};

// The fingerprint of a picture, or of that picture turned or mirrored. Turning a picture moves and
// negates its frequencies; it need not be filtered again.
inline PdqHash pdq_of(const Spectrum& spectrum, Dihedral dihedral = Dihedral::original) {
  using namespace detail;
  struct Change {
    bool transposed;
    bool upside_down;  // negates every other row of frequencies, from the first on
    bool mirrored;     // negates every other column
  };
  constexpr Change changes[kDihedrals] = {
      {false, false, false}, {true, false, true},  {false, true, true}, {true, true, false},
      {false, true, false},  {false, false, true}, {true, false, false}, {true, true, true},
  };
  const Change change = changes[static_cast<int>(dihedral)];
  float coefficients[kCoefficients];
  for (size_t i = 0; i < kFrequencies; ++i) {
    for (size_t j = 0; j < kFrequencies; ++j) {
      const bool negated = (change.upside_down && i % 2 == 0) != (change.mirrored && j % 2 == 0);
      const size_t n = change.transposed ? j * kFrequencies + i : i * kFrequencies + j;
      coefficients[n] = negated ? -spectrum.at[i][j] : spectrum.at[i][j];
    }
  }
  const float median = lower_median(coefficients);
  PdqHash hash{};
  for (size_t n = 0; n < kCoefficients; ++n) {
    if (coefficients[n] > median) {
      uint8_t& byte = hash.bytes[31 - n / 8];
      byte = static_cast<uint8_t>(byte | 1u << (n % 8));
    }
  }
  return hash;
}

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
    if (path_ == Path::too_small) return;
    for (size_t y = 0; y < strip.height; ++y, ++rows_in_) {
      if (path_ == Path::unfiltered) {
        detail::luma_of_row(strip, y, samples_[rows_in_]);
        continue;
      }
      const size_t in_batch = rows_in_ % detail::kBatch;
      detail::luma_of_row(strip, y, luma_ + in_batch * width_);
      if (in_batch + 1 == detail::kBatch || rows_in_ + 1 == height_) {
        filter_first(rows_in_ - in_batch, in_batch + 1);
      }
    }
  }

  // To be asked when all rows are in.
  Spectrum spectrum() const {
    Spectrum result{};
    if (path_ == Path::too_small) return result;
    result.quality = quality();
    transform(result);
    return result;
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

  // How much neighbouring samples differ, each difference in whole hundredths of the range.
  int quality() const {
    using namespace detail;
    const auto difference = [](float u, float v) {
      const int d = static_cast<int>((u - v) * 100.0f / 255.0f);
      return d < 0 ? -d : d;
    };
    int sum = 0;
    for (size_t i = 0; i < kSide; ++i) {
      for (size_t j = 0; j < kSide; ++j) {
        if (i + 1 < kSide) sum += difference(samples_[i][j], samples_[i + 1][j]);
        if (j + 1 < kSide) sum += difference(samples_[i][j], samples_[i][j + 1]);
      }
    }
    const int quality = sum / 90;
    return quality < 100 ? quality : 100;
  }

  // D S D^T with the 16x64 matrix D, each sum taken in ascending order of k.
  void transform(Spectrum& result) const {
    using namespace detail;
    float half[kSide][kFrequencies];  // (D S)^T: its rows are what the second product walks along
    for (size_t i = 0; i < kFrequencies; ++i) {
      float sums[kSide] = {};
      for (size_t k = 0; k < kSide; ++k) {
        for (size_t j = 0; j < kSide; ++j) sums[j] += kDctMatrix.at[i][k] * samples_[k][j];
      }
      for (size_t j = 0; j < kSide; ++j) half[j][i] = sums[j];
    }
    for (size_t j = 0; j < kFrequencies; ++j) {
      float sums[kFrequencies] = {};
      for (size_t k = 0; k < kSide; ++k) {
        for (size_t i = 0; i < kFrequencies; ++i) sums[i] += half[k][i] * kDctMatrix.at[j][k];
      }
      for (size_t i = 0; i < kFrequencies; ++i) result.at[i][j] = sums[i];
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
  float samples_[detail::kSide][detail::kSide];
};

}  // namespace takeback
