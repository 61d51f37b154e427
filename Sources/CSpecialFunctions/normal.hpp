#pragma once

namespace csf {

/// The standard normal's value below which a probability lies.
double normalQuantile(double p);

/// The same of the probability's logarithm.
double normalQuantileOfLog(double y);

} // namespace csf
