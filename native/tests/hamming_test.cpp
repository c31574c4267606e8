// Tests of the Hamming kernels on every instruction set of this machine, built with sanitizers and
// with arrays that end where they must: a byte read beyond them ends the test.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

#include "hamming_build.hpp"
#include "hamming_index.hpp"
#include "hamming_kernels.hpp"

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
    entries.resize(bands * shape.entry_bytes);
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

void finds_what_counting_finds(const HammingTables& tables, Parity parity, const char* where) {
  const HammingIndex index(tables, parity);
  for (const HammingKernels* kernels : hamming_kernels_here()) {
    for (const unsigned most : {0u, 1u, 8u, 31u, 63u, 256u}) {
      const size_t queries = std::min<uint64_t>(tables.rows, 7);
      std::vector<uint64_t> expected;
      for (size_t query = 0; query < queries; ++query) {
        for (uint64_t row = 0; row < tables.rows; ++row) {
          const unsigned bits =
              distance(tables.codes + query * kCodeBytes, tables.codes + row * kCodeBytes);
          if (bits <= most) {
            expected.push_back(uint64_t{query} << (kRowBits + kDistanceBits) |
                               row << kDistanceBits | bits);
          }
        }
      }
      check(index.search(tables.codes, queries, most, *kernels) == expected, where,
            kernels->instruction_set, tables.rows, most);
    }
  }
}

void every_kernel_finds_every_row(std::mt19937_64& random) {
  for (const size_t rows : {1, 2, 3, 4, 7, 8, 9, 15, 17, 2047, 2049, 6000}) {
    const std::vector<uint8_t> codes = codes_near_few(rows, random);
    HammingTables none{};
    none.codes = codes.data();
    none.rows = rows;
    finds_what_counting_finds(none, Parity::mixed, "a scan");
    for (const unsigned block_bits : {0u, 3u}) {
      const Tables tables(codes, 11, 16, block_bits);
      finds_what_counting_finds(tables.shape, parity_of(tables.shape), "tables");
    }
  }
}

void damaged_tables_are_read_within_their_bounds(std::mt19937_64& random) {
  const std::vector<uint8_t> codes = codes_near_few(3000, random);
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
      for (const HammingKernels* kernels : hamming_kernels_here()) {
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

}  // namespace

int main() {
  std::mt19937_64 random(1);
  every_kernel_finds_every_row(random);
  damaged_tables_are_read_within_their_bounds(random);
  if (failures == 0) std::printf("all Hamming tests passed\n");
  return failures == 0 ? 0 : 1;
}
