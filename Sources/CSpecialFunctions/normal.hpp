#pragma once

namespace csf {

/// The standard normal's value below which a probability lies.
double normalQuantile(double p);

} // namespace csf
