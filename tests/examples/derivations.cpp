#include <doctest/doctest.h>

#include "../../examples/gradcheck/derivations.h"

using namespace derivations;

TEST_CASE("what the reports derived fails as it was written and passes mended") {
    xgrad::autograd::GradcheckOptions options;
    options.raise_exception = false;
    std::size_t count = 0;
    for (const auto& assignment : {assignment1(), assignment2()}) {
        count += assignment.size();
        for (const Derivation& d : assignment) {
            CAPTURE(d.text);
            const auto check = [&](const Formula& formula) {
                const auto function = [&](const xgrad::TensorList& in) { return apply(formula, in[0]); };
                return gradcheck(function, {d.at.clone().requires_grad_()}, options);
            };
            const auto wrong = check(d.written);
            CHECK(wrong.failed >= wrong.checked / 2);
            REQUIRE(!wrong.worst.empty());
            CHECK(wrong.worst[0].error() > 0.1);  // no matter of rounding
            CHECK(check(d.right));
            options.analytic_scale = 1 + 1e-4;
            CHECK(!check(d.right));
            options.analytic_scale = 1;
        }
    }
    CHECK(count == 12);
}
