// The second half of PDQ: from 64x64 samples of a picture to 16x16 frequencies, and from these to the
// 256 bits of the picture and of its turned and mirrored versions.
//
// Float32 operations are done in the order of the reference (see pdq.hpp).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "machine/instruction_set.hpp"
#include "pdq/sample_grid.hpp"

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

inline namespace TAKEBACK_ISA {

// Brightness, 0 to 255, where PDQ looks at a picture: [row][column].
using Samples = float[detail::kSide][detail::kSide];

namespace detail {

inline constexpr size_t kFrequencies = 16;  // frequencies kept along each side
inline constexpr size_t kCoefficients = kFrequencies * kFrequencies;

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

namespace detail {

// How much neighbouring samples differ, each difference in whole hundredths of the range.
inline int quality_of(const Samples& samples) {
  const auto difference = [](float u, float v) {
    const int d = static_cast<int>((u - v) * 100.0f / 255.0f);
    return d < 0 ? -d : d;
  };
  int sum = 0;
  for (size_t i = 0; i < kSide; ++i) {
    for (size_t j = 0; j < kSide; ++j) {
      if (i + 1 < kSide) sum += difference(samples[i][j], samples[i + 1][j]);
      if (j + 1 < kSide) sum += difference(samples[i][j], samples[i][j + 1]);
    }
  }
  const int quality = sum / 90;
  return quality < 100 ? quality : 100;
}

}  // namespace detail

// D S D^T with the 16x64 matrix D, each sum taken in ascending order of k.
inline Spectrum spectrum_of(const Samples& samples) {
  using namespace detail;
  Spectrum result{};
  result.quality = quality_of(samples);
  // All sums of a product grow side by side: none waits for the one before.
  float across[kFrequencies][kSide] = {};
  for (size_t k = 0; k < kSide; ++k) {
    for (size_t i = 0; i < kFrequencies; ++i) {
      for (size_t j = 0; j < kSide; ++j) across[i][j] += kDctMatrix.at[i][k] * samples[k][j];
    }
  }
  float half[kSide][kFrequencies];  // (D S)^T: its rows are what the second product walks along
  for (size_t j = 0; j < kSide; ++j) {
    for (size_t i = 0; i < kFrequencies; ++i) half[j][i] = across[i][j];
  }
  float down[kFrequencies][kFrequencies] = {};
  for (size_t k = 0; k < kSide; ++k) {
    for (size_t j = 0; j < kFrequencies; ++j) {
      for (size_t i = 0; i < kFrequencies; ++i) down[j][i] += half[k][i] * kDctMatrix.at[j][k];
    }
  }
  for (size_t j = 0; j < kFrequencies; ++j) {
    for (size_t i = 0; i < kFrequencies; ++i) result.at[i][j] = down[j][i];
  }
  return result;
}

}  // namespace TAKEBACK_ISA
}  // namespace takeback
