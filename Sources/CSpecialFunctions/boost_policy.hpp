// How Boost.Math is used here: alone (without the rest of Boost), in 64 bits, and with NaN or infinity for errors.
#pragma once
#define BOOST_MATH_STANDALONE 1
#include <boost/math/policies/policy.hpp>

namespace csf {

namespace policies = boost::math::policies;

typedef policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
    policies::denorm_error<policies::ignore_error>, policies::evaluation_error<policies::ignore_error>,
    policies::indeterminate_result_error<policies::ignore_error>, policies::rounding_error<policies::ignore_error>,
    policies::promote_float<false>, policies::promote_double<false>>
    Policy;

} // namespace csf
