#include "hamming_build.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include "hamming_slots.hpp"

namespace takeback {

namespace {

// Slots are sorted by their upper bits first, into so many heaps at most, then each heap within a
// core's cache.
constexpr unsigned kMostHeapBits = 12;
constexpr unsigned kLeastHeapSlotBits = 12;

uint64_t slot_at(const HammingTables& shape, uint64_t row, unsigned band) {
  uint64_t words[kCodeWords];
  std::memcpy(words, shape.codes + row * kCodeBytes, kCodeBytes);
  return TAKEBACK_ISA::slot_of(words, band, shape.bands, shape.slot_bits);
}

// Packs numbers of some bits, one after the other.
class Packer {
 public:
  Packer(uint8_t* out, unsigned bits) : out_(out), bits_(bits) {}

  void add(uint64_t number) {
    waiting_ |= number << filled_;
    filled_ += bits_;
    for (; filled_ >= 8; filled_ -= 8, waiting_ >>= 8) *out_++ = static_cast<uint8_t>(waiting_);
  }

  void finish() {
    if (filled_ != 0) *out_ = static_cast<uint8_t>(waiting_);
  }

 private:
  uint8_t* out_;
  unsigned bits_;
  uint64_t waiting_ = 0;
  unsigned filled_ = 0;
};

}  // namespace

void build_band(const HammingTables& shape, unsigned band, const BandMemory& memory) {
  const unsigned heap_bits = std::min(
      kMostHeapBits, shape.slot_bits > kLeastHeapSlotBits ? shape.slot_bits - kLeastHeapSlotBits : 0);
  const unsigned low_bits = shape.slot_bits - heap_bits;
  const size_t heaps = size_t{1} << heap_bits;
  const size_t heap_slots = size_t{1} << low_bits;

  std::vector<uint64_t> begin(heaps + 1, 0);
  for (uint64_t row = 0; row < shape.rows; ++row) {
    ++begin[(slot_at(shape, row, band) >> low_bits) + 1];
  }
  uint64_t largest = 0;
  for (size_t heap = 0; heap < heaps; ++heap) {
    largest = std::max(largest, begin[heap + 1]);
    begin[heap + 1] += begin[heap];
  }

  const std::unique_ptr<uint64_t[]> sorted(new uint64_t[shape.rows]);
  std::vector<uint64_t> next(begin.begin(), begin.end() - 1);
  for (uint64_t row = 0; row < shape.rows; ++row) {
    const uint64_t slot = slot_at(shape, row, band);
    sorted[next[slot >> low_bits]++] = slot << kRowBits | row;
  }

  const std::unique_ptr<uint32_t[]> order(new uint32_t[largest]);
  std::vector<uint32_t> place(heap_slots);
  Packer packer(memory.entries, shape.entry_bits);
  for (size_t heap = 0; heap < heaps; ++heap) {
    const uint64_t* const first = sorted.get() + begin[heap];
    const uint64_t* const end = sorted.get() + begin[heap + 1];
    const auto low_of = [&](uint64_t one) { return (one >> kRowBits) & (heap_slots - 1); };
    std::fill(place.begin(), place.end(), 0);
    for (const uint64_t* one = first; one != end; ++one) ++place[low_of(*one)];
    uint32_t filled = 0;
    for (size_t low = 0; low < heap_slots; ++low) {
      const size_t slot = heap << low_bits | low;
      if (slot % 64 == 0) memory.before[slot / 64] = static_cast<uint32_t>(begin[heap] + filled);
      const uint32_t count = place[low];
      place[low] = filled;
      if (count == 0) continue;
      filled += count;
      memory.occupied[slot / 64] |= uint64_t{1} << slot % 64;
      const uint64_t last = begin[heap] + filled - 1;
      memory.last[last / 8] = static_cast<uint8_t>(memory.last[last / 8] | 1u << last % 8);
    }
    if (memory.entries == nullptr) continue;
    for (const uint64_t* one = first; one != end; ++one) {
      order[place[low_of(*one)]++] = static_cast<uint32_t>(*one);
    }
    for (uint32_t at = 0; at < filled; ++at) packer.add(order[at] >> shape.block_bits);
  }
  if (memory.entries != nullptr) packer.finish();
}

bool is_ordered(const HammingTables& shape) {
  uint64_t before = 0;
  for (uint64_t row = 0; row < shape.rows; ++row) {
    const uint64_t slot = slot_at(shape, row, 0);
    if (slot < before) return false;
    before = slot;
  }
  return true;
}

void slots_of_first_band(const HammingTables& shape, uint32_t* slots) {
  for (uint64_t row = 0; row < shape.rows; ++row) {
    slots[row] = static_cast<uint32_t>(slot_at(shape, row, 0));
  }
}

Parity parity_of(const uint8_t* codes, uint64_t rows) {
  unsigned seen = 0;
  for (uint64_t row = 0; row < rows && seen != 3; ++row) {
    uint64_t words[kCodeWords];
    std::memcpy(words, codes + row * kCodeBytes, kCodeBytes);
    seen |= 1u << std::popcount(words[0] ^ words[1] ^ words[2] ^ words[3]) % 2;
  }
  return seen == 3 ? Parity::mixed : seen == 2 ? Parity::odd : Parity::even;
}

}  // namespace takeback
