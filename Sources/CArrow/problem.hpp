// The one error type inside this target, and the guard that turns every exception into a `ca_error`.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "CArrow.h"
#include "arrow_headers.hpp"

namespace pushforward {

struct Problem final : std::exception {
  ca_status status = CA_INTERNAL;
  std::string message;
  int64_t row = 0, line = 0, column = 0, expected = 0, actual = 0;
  std::string text;

  Problem(ca_status status, std::string message) : status(status), message(std::move(message)) {}
  const char *what() const noexcept override { return message.c_str(); }
};

/// The problem that the system's error number stands for.
Problem problem_of_errno(int number, const std::string &what);
/// The problem that a status of Arrow stands for.
Problem problem_of(const arrow::Status &status);

inline void check(const arrow::Status &status) {
  if (!status.ok()) throw problem_of(status);
}

template <class Value>
Value take(arrow::Result<Value> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

/// Writes the exception being handled into `error` and returns its status. Call inside a `catch`.
int32_t report_current_exception(ca_error *error) noexcept;

template <class Body>
int32_t guarded(ca_error *error, Body &&body) noexcept {
  try {
    body();
    return CA_OK;
  } catch (...) {
    return report_current_exception(error);
  }
}

}  // namespace pushforward
