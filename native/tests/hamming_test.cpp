// Tests of the Hamming kernels on every instruction set of this machine, built with sanitizers and
// with arrays that end where they must: a byte read beyond them ends the test.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include "hamming/build.hpp"
#include "hamming/index.hpp"
#include "hamming/kernels.hpp"

namespace {

using namespace takeback;

int failures = 0;

void check(bool holds, const char* what, const char* where, size_t a, size_t b) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s (%s, %zu, %zu)\n", what, where, a, b);
}

unsigned distance(const uint8_t* left, const uint8_t* right) {
  int bits = 0;
  for (unsigned byte = 0; byte < kCodeBytes; ++byte) {
    bits += std::popcount(static_cast<uint8_t>(left[byte] ^ right[byte]));
  }
  return static_cast<unsigned>(bits);
}

// Copies of a few random codes, with up to 63 bits turned over.
std::vector<uint8_t> codes_near_few(size_t rows, std::mt19937_64& random) {
  std::vector<uint8_t> few(8 * kCodeBytes), codes(rows * kCodeBytes);
  for (uint8_t& byte : few) byte = static_cast<uint8_t>(random());
  for (size_t row = 0; row < rows; ++row) {
    uint8_t* const code = codes.data() + row * kCodeBytes;
    std::memcpy(code, few.data() + random() % 8 * kCodeBytes, kCodeBytes);
    for (uint64_t flips = random() % 64; flips > 0; --flips) {
      const uint64_t bit = random() % kCodeBits;
      code[bit / 8] = static_cast<uint8_t>(code[bit / 8] ^ 1u << bit % 8);
    }
  }
  return codes;
}

// Random codes, and among them copies of the first seven. Each copy has up to twelve bits turned over,
// by turns in the first and in the second half of the code, there among the lowest 22.
std::vector<uint8_t> codes_with_copies(size_t rows, std::mt19937_64& random) {
  std::vector<uint8_t> codes(rows * kCodeBytes);
  for (uint8_t& byte : codes) byte = static_cast<uint8_t>(random());
  for (size_t row = 7; row < rows; row += 100) {
    uint8_t* const code = codes.data() + row * kCodeBytes;
    std::memcpy(code, codes.data() + row % 7 * kCodeBytes, kCodeBytes);
    for (uint64_t flips = random() % 13; flips > 0; --flips) {
      const uint64_t bit = flips % 2 * (kCodeBits / 2) + random() % 22;
      code[bit / 8] = static_cast<uint8_t>(code[bit / 8] ^ 1u << bit % 8);
    }
  }
  return codes;
}

// The codes in the order in which the first band needs no entries.
std::vector<uint8_t> in_order(const std::vector<uint8_t>& codes, unsigned bands, unsigned slot_bits) {
  HammingTables shape{};
  shape.codes = codes.data();
  shape.rows = codes.size() / kCodeBytes;
  shape.bands = bands;
  shape.slot_bits = slot_bits;
  std::vector<uint32_t> slots(shape.rows);
  slots_of_first_band(shape, slots.data());
  std::vector<size_t> order(shape.rows);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t one, size_t other) { return slots[one] < slots[other]; });
  std::vector<uint8_t> ordered;
  for (const size_t row : order) {
    const uint8_t* const code = codes.data() + row * kCodeBytes;
    ordered.insert(ordered.end(), code, code + kCodeBytes);
  }
  return ordered;
}

struct Tables {
  HammingTables shape{};
  std::vector<uint64_t> occupied;
  std::vector<uint32_t> before;
  std::vector<uint8_t> last, entries;

  Tables(const std::vector<uint8_t>& codes, unsigned bands, unsigned slot_bits, unsigned block_bits) {
    shape.codes = codes.data();
    shape.rows = codes.size() / kCodeBytes;
    shape.bands = bands;
    shape.slot_bits = slot_bits;
    shape.block_bits = block_bits;
    shape.entry_bits =
        std::max(1u, static_cast<unsigned>(std::bit_width((shape.rows - 1) >> block_bits)));
    shape.ordered = is_ordered(shape);
    shape.slot_words = uint64_t{1} << (slot_bits - 6);
    shape.last_bytes = shape.rows / 8 + 1 + kReadAhead;
    shape.entry_bytes = shape.rows * shape.entry_bits / 8 + 1 + kReadAhead;
    occupied.resize(bands * shape.slot_words);
    before.resize(occupied.size() / kWordsCounted);
    last.resize(bands * shape.last_bytes);
    entries.resize((bands - shape.ordered) * shape.entry_bytes);
    std::vector<BandMemory> memory;
    for (unsigned band = 0; band < bands; ++band) {
      memory.push_back({occupied.data() + band * shape.slot_words,
                        before.data() + band * shape.slot_words / kWordsCounted,
                        last.data() + band * shape.last_bytes,
                        shape.ordered && band == 0
                            ? nullptr
                            : entries.data() + (band - shape.ordered) * shape.entry_bytes});
    }
    build_bands(shape, 0, memory);
    shape.occupied = occupied.data();
    shape.before = before.data();
    shape.last = last.data();
    shape.entries = entries.data();
  }
};

// Searches for the first seven of some codes.
void finds_what_counting_finds(const HammingTables& tables, Parity parity,
                               const std::vector<uint8_t>& wanted,
                               std::span<const unsigned> thresholds, const char* where) {
  const HammingIndex index(tables, parity);
  const size_t queries = std::min<size_t>(wanted.size() / kCodeBytes, 7);
  std::vector<unsigned> far;
  for (size_t query = 0; query < queries; ++query) {
    for (uint64_t row = 0; row < tables.rows; ++row) {
      far.push_back(distance(wanted.data() + query * kCodeBytes, tables.codes + row * kCodeBytes));
    }
  }
  for (const unsigned most : thresholds) {
    std::vector<uint64_t> expected;
    for (size_t at = 0; at < far.size(); ++at) {
      if (far[at] > most) continue;
      expected.push_back(at / tables.rows << (kRowBits + kDistanceBits) |
                         at % tables.rows << kDistanceBits | far[at]);
    }
    for (const HammingKernels* kernels : kernels_here<HammingKernels>()) {
      check(index.search(wanted.data(), queries, most, *kernels) == expected, where,
            kernels->instruction_set, tables.rows, most);
    }
  }
}

void every_kernel_finds_every_row(std::mt19937_64& random) {
  constexpr unsigned kThresholds[] = {0, 1, 8, 31, 63, 256};
  for (const size_t rows : {1, 2, 3, 4, 7, 8, 9, 15, 17, 2047, 2049, 6000}) {
    std::vector<uint8_t> codes = codes_near_few(rows, random);
    HammingTables none{};
    none.codes = codes.data();
    none.rows = rows;
    finds_what_counting_finds(none, Parity::mixed, codes, kThresholds, "a scan");
    for (const bool ordered : {false, true}) {
      if (ordered) codes = in_order(codes, 11, 16);
      for (const unsigned block_bits : {0u, 3u}) {
        const Tables tables(codes, 11, 16, block_bits);
        check(!ordered || tables.shape.ordered, "codes in order", "", rows, block_bits);
        finds_what_counting_finds(tables.shape, parity_of(tables.shape), codes, kThresholds,
                                  ordered ? "ordered tables" : "tables");
      }
    }
  }
}

// Ten bits spent on two bands are four and itself in each: all that a band is ever searched for.
void tables_are_searched_to_the_largest_radius(std::mt19937_64& random) {
  constexpr unsigned kThresholds[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<uint8_t> any = codes_with_copies(40'000, random);
  for (const bool ordered : {false, true}) {
    const std::vector<uint8_t> codes = ordered ? in_order(any, 2, 22) : any;
    for (const unsigned block_bits : {0u, 3u}) {
      const Tables tables(codes, 2, 22, block_bits);
      check(tables.shape.ordered == ordered, "as it was ordered", "", ordered, block_bits);
      const HammingIndex index(tables.shape, Parity::mixed);
      check(!index.scans(9) && index.scans(10), "tables to radius 4", "", ordered, block_bits);
      finds_what_counting_finds(tables.shape, Parity::mixed, any, kThresholds, "radius 4");
    }
  }
}

void damaged_tables_are_read_within_their_bounds(std::mt19937_64& random) {
  std::vector<uint8_t> codes = codes_near_few(3000, random);
  for (const bool ordered : {false, true}) {
    if (ordered) codes = in_order(codes, 16, 16);
    for (const unsigned block_bits : {0u, 4u}) {
      for (int damage = 0; damage < 40; ++damage) {
        Tables tables(codes, 16, 16, block_bits);
        const auto fill = [&](auto& table) {
          for (auto& one : table) {
            one = static_cast<std::decay_t<decltype(one)>>(damage % 8 < 4 ? random() : ~uint64_t{0});
          }
        };
        switch (damage % 4) {
          case 0: fill(tables.occupied); break;
          case 1: fill(tables.before); break;
          case 2: fill(tables.last); break;
          case 3: fill(tables.entries); break;
        }
        const HammingIndex index(tables.shape, Parity::mixed);
        check(!index.scans(12), "damaged tables are read", "", ordered, block_bits);
        for (const HammingKernels* kernels : kernels_here<HammingKernels>()) {
          for (const uint64_t hit : index.search(codes.data(), 20, 12, *kernels)) {
            const uint64_t row = hit >> kDistanceBits & (kMostRows - 1);
            const uint64_t query = hit >> (kDistanceBits + kRowBits);
            const bool true_hit =
                row < 3000 && query < 20 &&
                distance(codes.data() + query * kCodeBytes, codes.data() + row * kCodeBytes) ==
                    (hit & ((1u << kDistanceBits) - 1));
            check(true_hit, "a hit of damaged tables", kernels->instruction_set, query, row);
          }
        }
      }
    }
  }
}

}  // namespace

int main() {
  std::mt19937_64 random(1);
  every_kernel_finds_every_row(random);
  tables_are_searched_to_the_largest_radius(random);
  damaged_tables_are_read_within_their_bounds(random);
  if (failures == 0) std::printf("all Hamming tests passed\n");
  return failures == 0 ? 0 : 1;
}
