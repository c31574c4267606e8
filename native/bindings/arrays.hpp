// NumPy arrays of what the kernels wrote.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>

namespace takeback {

// Hands memory over to an array of these sides.
template <typename T, typename... Sides>
nanobind::ndarray<nanobind::numpy, T, nanobind::ndim<sizeof...(Sides)>> given_away(
    std::unique_ptr<T[]> memory, Sides... sides) {
  T* const data = memory.release();
  const nanobind::capsule owner(data, [](void* at) noexcept { delete[] static_cast<T*>(at); });
  return {data, {static_cast<size_t>(sides)...}, owner};
}

}  // namespace takeback
