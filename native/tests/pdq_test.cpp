// Tests of the PDQ kernel that need no other program. Run them with ctest; they are built with the
// address and undefined-behaviour sanitizers, so reading or writing past a buffer fails them.
#include "pdq/pdq.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <random>
#include <vector>

namespace {

using namespace takeback;

int failures = 0;

void check(bool holds, const char* what, size_t a = 0, size_t b = 0) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s (%zu, %zu)\n", what, a, b);
}

struct Picture {
  size_t width;
  size_t height;
  std::vector<uint8_t> rgb;

  Picture(size_t w, size_t h) : width(w), height(h), rgb(w * h * 3) {}

  uint8_t* at(size_t x, size_t y) { return &rgb[(y * width + x) * 3]; }
  const uint8_t* at(size_t x, size_t y) const { return &rgb[(y * width + x) * 3]; }

  Pixels pixels() const {
    return {.data = rgb.data(),
            .width = width,
            .height = height,
            .channels = 3,
            .row_stride = static_cast<ptrdiff_t>(width * 3),
            .pixel_stride = 3,
            .channel_stride = 1};
  }
};

// Something with shapes of all sizes in it, the same for a given seed.
Picture landscape(size_t width, size_t height, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  Picture picture(width, height);
  struct Wave {
    double x, y, phase, weight;
  };
  std::vector<Wave> waves;
  for (int n = 0; n < 40; ++n) {
    const double scale = 1 + n / 2.0;
    waves.push_back({(unit(random) - 0.5) * scale, (unit(random) - 0.5) * scale, unit(random) * 7,
                     1 / (1 + n / 8.0)});
  }
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      double level = 128;
      for (const Wave& wave : waves) {
        level += 14 * wave.weight *
                 std::sin(6.28 * (wave.x * static_cast<double>(x) / static_cast<double>(width) +
                                  wave.y * static_cast<double>(y) / static_cast<double>(height)) +
                          wave.phase);
      }
      const double clipped = std::clamp(level, 0.0, 255.0);
      picture.at(x, y)[0] = static_cast<uint8_t>(clipped);
      picture.at(x, y)[1] = static_cast<uint8_t>(255 - clipped / 2);
      picture.at(x, y)[2] = static_cast<uint8_t>((x * 7 + y * 3) % 256);
    }
  }
  return picture;
}

Spectrum spectrum_in_strips(const Pixels& pixels, size_t strip_rows) {
  // Exactly as many floats as promised: the sanitizer sees one too many used.
  std::vector<float> workspace(PdqRows::workspace_floats(pixels.width, pixels.height));
  PdqRows rows(pixels.width, pixels.height, workspace.data());
  for (size_t y = 0; y < pixels.height; y += strip_rows) {
    Pixels strip = pixels;
    strip.data += static_cast<ptrdiff_t>(y) * pixels.row_stride;
    strip.height = std::min(strip_rows, pixels.height - y);
    rows.add(strip);
  }
  return rows.spectrum();
}

Spectrum spectrum_of(const Pixels& pixels) {
  return spectrum_in_strips(pixels, std::max<size_t>(pixels.height, 1));
}

bool same(const Spectrum& a, const Spectrum& b) {
  return a.quality == b.quality &&
         std::equal(&a.at[0][0], &a.at[0][0] + detail::kCoefficients, &b.at[0][0]);
}

int distance(const PdqHash& a, const PdqHash& b) {
  int bits = 0;
  for (size_t n = 0; n < sizeof a.bytes; ++n) {
    bits += std::popcount(static_cast<uint8_t>(a.bytes[n] ^ b.bytes[n]));
  }
  return bits;
}

bool is_zero(const PdqHash& hash) { return distance(hash, PdqHash{}) == 0; }

void luma_is_rounded_once_for_every_colour() {
  size_t wrong = 0;
  for (int r = 0; r < 256; ++r) {
    for (int g = 0; g < 256; ++g) {
      for (int b = 0; b < 256; ++b) {
        wrong += detail::luma_of(r, g, b) != static_cast<float>(r * 0.299 + g * 0.587 + b * 0.114);
      }
    }
  }
  check(wrong == 0, "luma of every colour", wrong);
}

void matrix_made_at_compile_time_is_that_of_the_math_library() {
  const float scale = static_cast<float>(std::sqrt(2.0 / 64));
  for (size_t i = 0; i < 16; ++i) {
    for (size_t j = 0; j < 64; ++j) {
      const double angle =
          std::numbers::pi / 128 * static_cast<double>(i + 1) * static_cast<double>(2 * j + 1);
      check(detail::kDctMatrix.at[i][j] == static_cast<float>(scale * std::cos(angle)),
            "DCT matrix", i, j);
    }
  }
}

void windows_hold_what_the_filter_defines() {
  for (size_t length = 5; length < 1500; length += 7) {
    const detail::Window window(length);
    check(window.full == (length + 127) / 128, "window", length);
    check(window.ahead + 1 + window.behind() == window.full, "window sides", length);
    for (size_t i = 0; i < length; ++i) {
      size_t count = 0;
      for (size_t n = 0; n < length; ++n) {
        count += n + window.behind() >= i && n <= i + window.ahead;
      }
      check(window.count(i) == count, "window count", length, i);
    }
    for (size_t k = 0; k < 64; ++k) {
      const auto position =
          static_cast<size_t>((static_cast<double>(k) + 0.5) * static_cast<double>(length) / 64);
      check(detail::sample_position(k, length) == position, "sample position", length, k);
    }
  }
}

void median_is_the_128th_smallest() {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    float values[256];
    // From nearly all equal to nearly all different, both signs, with zeros of both signs.
    std::uniform_int_distribution<int> level(-1 - round, 1 + round);
    const float unit = round % 2 ? -0.37f : 3e5f;
    for (float& value : values) value = static_cast<float>(level(random)) * unit;
    const float median = detail::lower_median(values);
    std::array<float, 256> sorted;
    std::copy(values, values + 256, sorted.begin());
    std::sort(sorted.begin(), sorted.end());
    check(median == sorted[127], "median", static_cast<size_t>(round));
  }
}

void tiny_pictures_have_no_fingerprint() {
  const std::array<std::array<size_t, 2>, 6> sizes{
      {{4, 4}, {1, 1}, {4, 900}, {900, 4}, {0, 9}, {9, 0}}};
  for (const auto& [width, height] : sizes) {
    const Picture picture(width, height);
    const Spectrum spectrum = spectrum_of(picture.pixels());
    check(spectrum.quality == 0, "quality of a tiny picture", width, height);
    for (int n = 0; n < kDihedrals; ++n) {
      const PdqHash hash = pdq_of(spectrum, static_cast<Dihedral>(n));
      check(is_zero(hash), "bits of a tiny picture", width, height);
    }
  }
  const Picture smallest = landscape(5, 5, 1);
  check(!is_zero(pdq_of(spectrum_of(smallest.pixels()))), "5x5 has a fingerprint");
}

void flat_pictures_have_no_quality() {
  for (const size_t side : {5, 64, 100, 257}) {
    Picture picture(side, side + 3);
    check(is_zero(pdq_of(spectrum_of(picture.pixels()))), "bits of black", side);
    std::fill(picture.rgb.begin(), picture.rgb.end(), uint8_t{201});
    check(spectrum_of(picture.pixels()).quality == 0, "quality of grey", side);
  }
}

void any_layout_of_the_same_pixels_gives_the_same() {
  const Picture picture = landscape(211, 97, 2);
  const Spectrum expected = spectrum_of(picture.pixels());

  const size_t padded_row = picture.width * 4 + 13;
  std::vector<uint8_t> padded(padded_row * picture.height, 99);
  std::vector<uint8_t> planes(picture.rgb.size());
  std::vector<uint8_t> backwards(picture.rgb.rbegin(), picture.rgb.rend());
  for (size_t y = 0; y < picture.height; ++y) {
    for (size_t x = 0; x < picture.width; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        padded[y * padded_row + x * 4 + c] = picture.at(x, y)[c];
        planes[(c * picture.height + y) * picture.width + x] = picture.at(x, y)[c];
      }
    }
  }
  const auto stride = [](size_t n) { return static_cast<ptrdiff_t>(n); };
  check(same(expected, spectrum_of({padded.data(), picture.width, picture.height, 4,
                                    stride(padded_row), 4, 1})),
        "padded RGBA");
  check(same(expected, spectrum_of({planes.data(), picture.width, picture.height, 3,
                                    stride(picture.width), 1,
                                    stride(picture.width * picture.height)})),
        "planes");
  check(same(expected, spectrum_of({&backwards.back(), picture.width, picture.height, 3,
                                    -stride(picture.width * 3), -3, -1})),
        "negative strides");
}

void grey_is_three_equal_channels() {
  Picture picture = landscape(150, 130, 3);
  std::vector<uint8_t> grey;
  for (size_t n = 0; n < picture.rgb.size(); n += 3) {
    grey.push_back(picture.rgb[n]);
    picture.rgb[n + 1] = picture.rgb[n + 2] = picture.rgb[n];
  }
  const Spectrum from_grey = spectrum_of({grey.data(), 150, 130, 1, 150, 1, 0});
  check(same(from_grey, spectrum_of(picture.pixels())), "grey");
}

void strips_of_any_height_give_the_same() {
  const std::array<std::array<size_t, 2>, 8> sizes{
      {{5, 5}, {5, 700}, {700, 5}, {64, 64}, {63, 65}, {128, 129}, {300, 257}, {129, 1000}}};
  for (const auto& [width, height] : sizes) {
    const Picture picture = landscape(width, height, 4);
    const Spectrum whole = spectrum_of(picture.pixels());
    for (const size_t strip_rows : {1, 2, 3, 7, 64}) {
      const Spectrum in_strips = spectrum_in_strips(picture.pixels(), strip_rows);
      check(same(whole, in_strips), "strips", height, strip_rows);
    }
  }
}

// What the picture shows at (x, y) after it was changed.
Picture changed(const Picture& picture, Dihedral dihedral) {
  const size_t last = picture.width - 1;  // pictures here are square
  Picture result(picture.width, picture.height);
  for (size_t y = 0; y <= last; ++y) {
    for (size_t x = 0; x <= last; ++x) {
      const uint8_t* from = picture.at(x, y);
      switch (dihedral) {
        case Dihedral::original: break;
        case Dihedral::rotate90: from = picture.at(last - y, x); break;
        case Dihedral::rotate180: from = picture.at(last - x, last - y); break;
        case Dihedral::rotate270: from = picture.at(y, last - x); break;
        case Dihedral::flip_x: from = picture.at(x, last - y); break;
        case Dihedral::flip_y: from = picture.at(last - x, y); break;
        case Dihedral::transpose: from = picture.at(y, x); break;
        case Dihedral::anti_transpose: from = picture.at(last - y, last - x); break;
      }
      std::copy(from, from + 3, result.at(x, y));
    }
  }
  return result;
}

void variants_are_those_of_pictures_really_turned() {
  // Side 64: there is no filter, whose window lies a little off the middle.
  for (uint32_t seed = 10; seed < 20; ++seed) {
    const Picture picture = landscape(64, 64, seed);
    const Spectrum spectrum = spectrum_of(picture.pixels());
    for (int a = 0; a < kDihedrals; ++a) {
      const PdqHash variant = pdq_of(spectrum, static_cast<Dihedral>(a));
      for (int b = 0; b < kDihedrals; ++b) {
        const PdqHash turned =
            pdq_of(spectrum_of(changed(picture, static_cast<Dihedral>(b)).pixels()));
        const int apart = distance(variant, turned);
        check(a == b ? apart <= 2 : apart > 60, a == b ? "variant as turned" : "variants differ",
              static_cast<size_t>(a), static_cast<size_t>(b));
      }
    }
  }
}

}  // namespace

int main() {
  luma_is_rounded_once_for_every_colour();
  matrix_made_at_compile_time_is_that_of_the_math_library();
  windows_hold_what_the_filter_defines();
  median_is_the_128th_smallest();
  tiny_pictures_have_no_fingerprint();
  flat_pictures_have_no_quality();
  any_layout_of_the_same_pixels_gives_the_same();
  grey_is_three_equal_channels();
  strips_of_any_height_give_the_same();
  variants_are_those_of_pictures_really_turned();
  std::printf(failures == 0 ? "all hold\n" : "%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
