#include "hamming/build.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "hamming/slots.hpp"

namespace takeback {

namespace {

// Slots are sorted by their upper bits first, into so many heaps at most, then each heap within a
// core's cache.
constexpr unsigned kMostHeapBits = 12;
constexpr unsigned kHeapSlotBits = 12;

constexpr size_t kSlotsCounted = 64 * kWordsCounted;

// Packs numbers of at most 32 bits, one after the other.
class Packer {
 public:
  Packer(uint8_t* out, unsigned bits) : out_(out), bits_(bits) {}

  void add(uint64_t number) {
    waiting_ |= number << filled_;
    filled_ += bits_;
    if (filled_ >= 32) {
      std::memcpy(out_, &waiting_, 4);
      out_ += 4;
      filled_ -= 32;
      waiting_ >>= 32;
    }
  }

  void finish() {
    for (; filled_ > 0; filled_ -= std::min(filled_, 8u), waiting_ >>= 8) {
      *out_++ = static_cast<uint8_t>(waiting_);
    }
  }

 private:
  uint8_t* out_;
  unsigned bits_;
  uint64_t waiting_ = 0;
  unsigned filled_ = 0;
};

// Appends words to many heaps. Eight at a time: writing one here, one there, each to a page of its
// own, takes several times as long.
class HeapWriter {
 public:
  HeapWriter(uint64_t* out, std::vector<uint64_t> begin)
      : out_(out), next_(std::move(begin)), waiting_(next_.size() * kTogether), filled_(next_.size()) {}

  void add(size_t heap, uint64_t word) {
    uint64_t* const waiting = waiting_.data() + heap * kTogether;
    waiting[filled_[heap]++] = word;
    if (filled_[heap] == kTogether) {
      std::memcpy(out_ + next_[heap], waiting, sizeof *waiting * kTogether);
      next_[heap] += kTogether;
      filled_[heap] = 0;
    }
  }

  void finish() {
    for (size_t heap = 0; heap < next_.size(); ++heap) {
      std::copy_n(waiting_.data() + heap * kTogether, filled_[heap], out_ + next_[heap]);
    }
  }

 private:
  static constexpr unsigned kTogether = 8;

  uint64_t* out_;
  std::vector<uint64_t> next_;
  std::vector<uint64_t> waiting_;
  std::vector<uint8_t> filled_;
};

// Memory for many words that are read and written here and there, on large pages if there are any.
class Words {
 public:
  explicit Words(uint64_t count) : words_(nullptr, &std::free) {
    constexpr uint64_t kLargePage = 1 << 21;
    const uint64_t bytes = (count * sizeof(uint64_t) / kLargePage + 1) * kLargePage;
    words_.reset(static_cast<uint64_t*>(std::aligned_alloc(kLargePage, bytes)));
    if (words_ == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    madvise(words_.get(), bytes, MADV_HUGEPAGE);
#endif
  }

  uint64_t* data() { return words_.get(); }

 private:
  std::unique_ptr<uint64_t, decltype(&std::free)> words_;
};

// Sorts the rows of one band by their slots: `count` all rows, `prepare`, `add` all
// rows, `fill`.
class BandBuilder {
 public:
  BandBuilder(const HammingTables& shape, unsigned band)
      : shape_(shape),
        slot_of_(shape, band),
        heap_bits_(shape.slot_bits <= kHeapSlotBits
                       ? 0
                       : std::min(kMostHeapBits, shape.slot_bits - kHeapSlotBits)),
        low_bits_(shape.slot_bits - heap_bits_),
        begin_((size_t{1} << heap_bits_) + 1) {}

  void count(const uint64_t* words) { ++begin_[(slot_of_(words) >> low_bits_) + 1]; }

  void prepare() {
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    sorted_.emplace(shape_.rows);
    writer_.emplace(sorted_->data(), std::vector<uint64_t>(begin_.begin(), begin_.end() - 1));
  }

  void add(const uint64_t* words, uint64_t row) {
    const uint64_t slot = slot_of_(words);
    writer_->add(slot >> low_bits_, slot << kRowBits | row);
  }

  void fill(const BandMemory& memory) {
    writer_->finish();
    uint64_t largest = 0;
    for (size_t heap = 0; heap + 1 < begin_.size(); ++heap) {
      largest = std::max(largest, begin_[heap + 1] - begin_[heap]);
    }
    std::vector<uint32_t> order(largest);
    std::vector<uint32_t> place(size_t{1} << low_bits_);
    Packer packer(memory.entries, shape_.entry_bits);
    for (size_t heap = 0; heap + 1 < begin_.size(); ++heap) {
      fill_slots(heap, place, memory);
      if (memory.entries == nullptr) continue;
      const uint64_t* const end = sorted_->data() + begin_[heap + 1];
      for (const uint64_t* one = sorted_->data() + begin_[heap]; one != end; ++one) {
        order[place[low_of(*one)]++] = static_cast<uint32_t>(*one);
      }
      const uint64_t rows = begin_[heap + 1] - begin_[heap];
      for (uint64_t at = 0; at < rows; ++at) packer.add(order[at] >> shape_.block_bits);
    }
    if (memory.entries != nullptr) packer.finish();
  }

 private:
  uint64_t low_of(uint64_t one) const {
    return (one >> kRowBits) & ((uint64_t{1} << low_bits_) - 1);
  }

  // Fills a heap's part of the tables, all but its entries; leaves in `place` where in the heap the
  // entries of each slot begin.
  void fill_slots(size_t heap, std::vector<uint32_t>& place, const BandMemory& memory) {
    std::fill(place.begin(), place.end(), 0);
    const uint64_t* const end = sorted_->data() + begin_[heap + 1];
    for (const uint64_t* one = sorted_->data() + begin_[heap]; one != end; ++one) {
      ++place[low_of(*one)];
    }
    uint32_t filled = 0;
    for (size_t low = 0; low < place.size(); ++low) {
      const size_t slot = heap << low_bits_ | low;
      if (slot % kSlotsCounted == 0) {
        memory.before[slot / kSlotsCounted] = static_cast<uint32_t>(begin_[heap] + filled);
      }
      const uint32_t count = place[low];
      place[low] = filled;
      filled += count;
      // No branch: whether a slot is empty can't be guessed.
      const uint8_t some = count != 0;
      memory.occupied[slot / 64] |= uint64_t{some} << slot % 64;
      const uint64_t last = begin_[heap] + filled - some;
      memory.last[last / 8] = static_cast<uint8_t>(memory.last[last / 8] | some << last % 8);
    }
  }

  const HammingTables& shape_;
  TAKEBACK_ISA::SlotOf slot_of_;
  unsigned heap_bits_;
  unsigned low_bits_;
  std::vector<uint64_t> begin_;  // of each heap, counted in entries
  std::optional<Words> sorted_;  // slot << 32 | row, heap by heap
  std::optional<HeapWriter> writer_;
};

// Looks at one code after the other; whether `look` returned true for each and so came to the end.
template <typename Look>
bool all_codes(const HammingTables& shape, const Look& look) {
  for (uint64_t row = 0; row < shape.rows; ++row) {
    uint64_t words[kCodeWords];
    std::memcpy(words, shape.codes + row * kCodeBytes, kCodeBytes);
    if (!look(words, row)) return false;
  }
  return true;
}

}  // namespace

void build_bands(const HammingTables& shape, unsigned first, std::span<const BandMemory> memory) {
  if (shape.rows == 0) return;
  std::vector<BandBuilder> builders;
  for (unsigned band = 0; band < memory.size(); ++band) builders.emplace_back(shape, first + band);
  all_codes(shape, [&](const uint64_t* words, uint64_t) {
    for (BandBuilder& builder : builders) builder.count(words);
    return true;
  });
  for (BandBuilder& builder : builders) builder.prepare();
  all_codes(shape, [&](const uint64_t* words, uint64_t row) {
    for (BandBuilder& builder : builders) builder.add(words, row);
    return true;
  });
  for (size_t band = 0; band < memory.size(); ++band) builders[band].fill(memory[band]);
}

bool is_ordered(const HammingTables& shape) {
  const TAKEBACK_ISA::SlotOf slot_of(shape, 0);
  uint64_t before = 0;
  return all_codes(shape, [&](const uint64_t* words, uint64_t) {
    const uint64_t slot = slot_of(words);
    const bool ascends = before <= slot;
    before = slot;
    return ascends;
  });
}

void slots_of_first_band(const HammingTables& shape, uint32_t* slots) {
  const TAKEBACK_ISA::SlotOf slot_of(shape, 0);
  all_codes(shape, [&](const uint64_t* words, uint64_t row) {
    slots[row] = static_cast<uint32_t>(slot_of(words));
    return true;
  });
}

Parity parity_of(const HammingTables& shape) {
  unsigned seen = 0;
  all_codes(shape, [&](const uint64_t* words, uint64_t) {
    seen |= 1u << std::popcount(words[0] ^ words[1] ^ words[2] ^ words[3]) % 2;
    return seen != 3;
  });
  return seen == 3 ? Parity::mixed : seen == 2 ? Parity::odd : Parity::even;
}

}  // namespace takeback
