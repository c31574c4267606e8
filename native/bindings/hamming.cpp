// The part of takeback._native that takeback.matching stands on: the Hamming index.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/hamming.hpp"
#include "hamming/build.hpp"
#include "hamming/index.hpp"
#include "hamming/kernels.hpp"

namespace nb = nanobind;

namespace {

using namespace takeback;

template <typename T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <typename T>
using OutMatrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

struct Shape {
  unsigned bands, slot_bits, block_bits;
};

unsigned entry_bits_of(uint64_t rows, const Shape& shape) {
  const uint64_t last_block = (rows == 0 ? 0 : rows - 1) >> shape.block_bits;
  return std::max(1u, static_cast<unsigned>(std::bit_width(last_block)));
}

uint64_t slot_words_of(const Shape& shape) { return uint64_t{1} << (shape.slot_bits - 6); }
uint64_t last_bytes_of(uint64_t rows) { return rows / 8 + 1 + kReadAhead; }
uint64_t entry_bytes_of(uint64_t rows, const Shape& shape) {
  return rows * entry_bits_of(rows, shape) / 8 + 1 + kReadAhead;
}

HammingTables tables_of(const Matrix<uint8_t>& codes, const Shape& shape) {
  if (codes.shape(1) != kCodeBytes) throw nb::value_error("codes must have 32 bytes each");
  if (codes.shape(0) >= kMostRows) throw nb::value_error("there are too many codes");
  const bool fits = shape.bands <= kMostBands && shape.bands != 0 &&
                    shape.slot_bits >= kLeastSlotBits && shape.slot_bits <= kMostSlotBits &&
                    shape.slot_bits <= kCodeBits / shape.bands &&
                    shape.block_bits <= kMostBlockBits;
  if (!fits) throw nb::value_error("the index has a shape that there is not");
  HammingTables tables{};
  tables.codes = codes.data();
  tables.rows = codes.shape(0);
  tables.bands = shape.bands;
  tables.slot_bits = shape.slot_bits;
  tables.block_bits = shape.block_bits;
  tables.entry_bits = entry_bits_of(tables.rows, shape);
  tables.slot_words = slot_words_of(shape);
  tables.last_bytes = last_bytes_of(tables.rows);
  tables.entry_bytes = entry_bytes_of(tables.rows, shape);
  return tables;
}

template <typename Array>
void require(const Array& array, uint64_t rows, uint64_t columns, const char* name) {
  if (array.shape(0) != rows || array.shape(1) != columns) {
    throw nb::value_error((std::string(name) + " has another shape than its index").c_str());
  }
}

// A HammingIndex and the arrays it searches.
class BoundIndex {
 public:
  explicit BoundIndex(Matrix<uint8_t> codes) : codes_(std::move(codes)) {
    HammingTables tables = tables_of(codes_, Shape{1, kLeastSlotBits, 0});
    tables.bands = 0;
    index_.emplace(tables, Parity::mixed);
  }

  BoundIndex(Matrix<uint8_t> codes, const Shape& shape, bool ordered, unsigned parity,
             Matrix<uint64_t> occupied, Matrix<uint32_t> before, Matrix<uint8_t> last,
             Matrix<uint8_t> entries)
      : codes_(std::move(codes)),
        occupied_(std::move(occupied)),
        before_(std::move(before)),
        last_(std::move(last)),
        entries_(std::move(entries)) {
    HammingTables tables = tables_of(codes_, shape);
    require(occupied_, tables.bands, tables.slot_words, "occupied");
    require(before_, tables.bands, tables.slot_words / kWordsCounted, "before");
    require(last_, tables.bands, tables.last_bytes, "last");
    require(entries_, tables.bands - ordered, tables.entry_bytes, "entries");
    if (parity > static_cast<unsigned>(Parity::mixed)) throw nb::value_error("there is no such parity");
    if (tables.rows == 0) throw nb::value_error("an empty list has no tables");
    tables.ordered = ordered;
    tables.occupied = occupied_.data();
    tables.before = before_.data();
    tables.last = last_.data();
    tables.entries = entries_.data();
    index_.emplace(tables, static_cast<Parity>(parity));
  }

  nb::tuple search(const Matrix<uint8_t>& queries, unsigned most) const {
    const size_t count = queries.shape(0);
    if (queries.shape(1) != kCodeBytes) throw nb::value_error("queries must have 32 bytes each");
    if (count >= kMostQueries) throw nb::value_error("too many queries at once");
    if (most > kCodeBits) throw nb::value_error("the distance must be from 0 to 256");
    std::unique_ptr<int64_t[]> limits, rows;
    std::unique_ptr<uint16_t[]> distances;
    size_t found = 0;
    {
      const nb::gil_scoped_release released;
      const std::vector<uint64_t> hits =
          index_->search(queries.data(), count, most, *chosen_kernels<HammingKernels>());
      found = hits.size();
      limits.reset(new int64_t[count + 1]);
      rows.reset(new int64_t[found]);
      distances.reset(new uint16_t[found]);
      size_t at = 0;
      limits[0] = 0;
      for (size_t query = 0; query < count; ++query) {
        for (; at < found && hits[at] >> (kDistanceBits + kRowBits) == query; ++at) {
          rows[at] = static_cast<int64_t>(hits[at] >> kDistanceBits & (kMostRows - 1));
          distances[at] = static_cast<uint16_t>(hits[at] & ((1u << kDistanceBits) - 1));
        }
        limits[query + 1] = static_cast<int64_t>(at);
      }
    }
    return nb::make_tuple(given_away(std::move(limits), count + 1),
                          given_away(std::move(rows), found),
                          given_away(std::move(distances), found));
  }

  bool scans(unsigned most) const { return index_->scans(most); }

 private:
  Matrix<uint8_t> codes_;
  Matrix<uint64_t> occupied_;
  Matrix<uint32_t> before_;
  Matrix<uint8_t> last_;
  Matrix<uint8_t> entries_;
  std::optional<HammingIndex> index_;
};

nb::tuple sizes(uint64_t rows, unsigned slot_bits, unsigned block_bits) {
  const Shape shape{1, slot_bits, block_bits};
  const uint64_t words = slot_words_of(shape);
  return nb::make_tuple(words, words / kWordsCounted, last_bytes_of(rows),
                        entry_bytes_of(rows, shape));
}

void build(const Matrix<uint8_t>& codes, unsigned bands, unsigned slot_bits, unsigned block_bits,
           bool ordered, unsigned first, unsigned count, const OutMatrix<uint64_t>& occupied,
           const OutMatrix<uint32_t>& before, const OutMatrix<uint8_t>& last,
           const OutMatrix<uint8_t>& entries) {
  const HammingTables shape = tables_of(codes, Shape{bands, slot_bits, block_bits});
  require(occupied, bands, shape.slot_words, "occupied");
  require(before, bands, shape.slot_words / kWordsCounted, "before");
  require(last, bands, shape.last_bytes, "last");
  require(entries, bands - ordered, shape.entry_bytes, "entries");
  if (first > bands || count > bands - first) throw nb::value_error("there are no such bands");
  std::vector<BandMemory> memory;
  for (unsigned band = first; band < first + count; ++band) {
    memory.push_back(
        {occupied.data() + band * shape.slot_words, before.data() + band * shape.slot_words / kWordsCounted,
         last.data() + band * shape.last_bytes,
         ordered && band == 0 ? nullptr : entries.data() + (band - ordered) * shape.entry_bytes});
  }
  const nb::gil_scoped_release released;
  build_bands(shape, first, memory);
}

bool ordered(const Matrix<uint8_t>& codes, unsigned bands, unsigned slot_bits) {
  const HammingTables shape = tables_of(codes, Shape{bands, slot_bits, 0});
  const nb::gil_scoped_release released;
  return is_ordered(shape);
}

nb::ndarray<nb::numpy, uint32_t, nb::ndim<1>> slots(const Matrix<uint8_t>& codes, unsigned bands,
                                                   unsigned slot_bits) {
  const HammingTables shape = tables_of(codes, Shape{bands, slot_bits, 0});
  std::unique_ptr<uint32_t[]> found(new uint32_t[shape.rows]);
  {
    const nb::gil_scoped_release released;
    slots_of_first_band(shape, found.get());
  }
  return given_away(std::move(found), shape.rows);
}

unsigned parity(const Matrix<uint8_t>& codes) {
  const HammingTables shape = tables_of(codes, Shape{1, kLeastSlotBits, 0});
  const nb::gil_scoped_release released;
  return static_cast<unsigned>(parity_of(shape));
}

}  // namespace

void bind_hamming(nb::module_& module) {
  using namespace nb::literals;
  nb::class_<BoundIndex>(module, "HammingIndex", "Searches (n, 32) codes within a distance.")
      .def(nb::init<Matrix<uint8_t>>(), "codes"_a.noconvert(), "Compare with every code.")
      .def(
          "__init__",
          [](BoundIndex* self, Matrix<uint8_t> codes, unsigned bands, unsigned slot_bits,
             unsigned block_bits, bool ordered, unsigned parity, Matrix<uint64_t> occupied,
             Matrix<uint32_t> before, Matrix<uint8_t> last, Matrix<uint8_t> entries) {
            new (self) BoundIndex(std::move(codes), Shape{bands, slot_bits, block_bits}, ordered,
                                  parity, std::move(occupied), std::move(before), std::move(last),
                                  std::move(entries));
          },
          "codes"_a.noconvert(), "bands"_a, "slot_bits"_a, "block_bits"_a, "ordered"_a, "parity"_a,
          "occupied"_a.noconvert(), "before"_a.noconvert(), "last"_a.noconvert(),
          "entries"_a.noconvert(), "Use the tables that hamming_build_bands filled.")
      .def("search", &BoundIndex::search, "queries"_a.noconvert(), "max_distance"_a,
           "Return (limits, rows, distances) of (q, 32) queries: hits limits[k] to limits[k+1] - 1 "
           "are those of query k, by row.")
      .def("scans", &BoundIndex::scans, "max_distance"_a,
           "Return whether a search at this distance compares with every code.");
  module.def("hamming_sizes", &sizes, "rows"_a, "slot_bits"_a, "block_bits"_a,
             "Return the columns of (occupied, before, last, entries) of an index.");
  module.def("hamming_build_bands", &build, "codes"_a.noconvert(), "bands"_a, "slot_bits"_a,
             "block_bits"_a, "ordered"_a, "first"_a, "count"_a, "occupied"_a.noconvert(),
             "before"_a.noconvert(), "last"_a.noconvert(), "entries"_a.noconvert(),
             "Fill the rows of some bands in four arrays of zeros.");
  module.def("hamming_ordered", &ordered, "codes"_a.noconvert(), "bands"_a, "slot_bits"_a,
             "Return whether the codes ascend by their slots in the first band.");
  module.def("hamming_slots", &slots, "codes"_a.noconvert(), "bands"_a, "slot_bits"_a,
             "Return the slots of the codes in the first band, uint32.");
  module.def("hamming_parity", &parity, "codes"_a.noconvert(),
             "Return 0 if all codes have an even number of bits set, 1 if odd, 2 if some have.");
}
