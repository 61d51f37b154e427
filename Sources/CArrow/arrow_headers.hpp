// Arrow's headers, as system headers: their warnings are not ours to see.
#pragma once
#pragma GCC system_header

#include <arrow/api.h>
#include <arrow/csv/chunker.h>
#include <arrow/csv/invalid_row.h>
#include <arrow/csv/parser.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>
#include <arrow/json/api.h>
#include <arrow/util/compression.h>
#include <arrow/util/decimal.h>
#include <arrow/util/delimiting.h>
#include <arrow/util/float16.h>
#include <arrow/util/future.h>
#include <arrow/util/io_util.h>
#include <arrow/util/thread_pool.h>
#include <arrow/util/value_parsing.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
