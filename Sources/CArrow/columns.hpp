// Arrow's columns into row-major blocks.
#pragma once

#include "block.hpp"

namespace pushforward {

/// Throws when a column of this type can become neither numbers nor categories.
void check_type(const arrow::DataType &type, const Selection &selection);

/// Converts the selected columns, which `batch` holds in the order of the plan.
void convert(const Plan &plan, const arrow::RecordBatch &batch, Block &block);

}  // namespace pushforward
