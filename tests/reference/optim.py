"""Trajectories of optimisers: parameters after each step."""

import torch

from reference import Family, numbers

family = Family("optim")


def trajectory(make):
    """With given gradients, one row a step."""

    def run(start, gradients):
        p = start.detach().clone().requires_grad_()
        optimizer = make([p])
        rows = []
        for gradient in gradients:
            p.grad = gradient.clone()
            optimizer.step()
            rows.append(p.detach().clone())
        return torch.stack(rows)

    return run


start, gradients = numbers(5), numbers(6, 5, scale=3.0, shift=0.2)
rules = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, 0.1, weight_decay=0.1, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, 0.1, betas=(0.8, 0.95)),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.1),
    "rmsprop centered": lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.9, centered=True),
    "rmsprop momentum": lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.8, eps=1e-3, momentum=0.7),
    "rmsprop all": lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.8, weight_decay=0.3, momentum=0.7, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, 0.5),
    "adagrad all": lambda p: torch.optim.Adagrad(
        p, 0.5, lr_decay=0.1, weight_decay=0.3, initial_accumulator_value=0.2, eps=1e-3
    ),
}
for name, make in rules.items():
    family.add(name, trajectory(make), start, gradients, gradients=False)


def valley(x):
    """Rosenbrock's function of neighbours."""
    return (10 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def minimised(steps, **options):
    """Two parameters; the number of evaluations and the losses of each step too."""

    def run(first, second):
        a, b = first.detach().clone().requires_grad_(), second.detach().clone().requires_grad_()
        optimizer = torch.optim.LBFGS([a, b], **options)
        evaluations = 0

        def closure():
            nonlocal evaluations
            evaluations += 1
            optimizer.zero_grad()
            loss = valley(torch.cat([a.reshape(-1), b]))
            loss.backward()
            return loss

        rows, losses = [], []
        for _ in range(steps):
            losses.append(optimizer.step(closure).detach())
            rows.append(torch.cat([a.reshape(-1), b]).detach())
        return torch.stack(rows), torch.stack(losses), torch.tensor(evaluations)

    return run


first, second = numbers(2, 2, scale=1.2), numbers(2, scale=0.9)
for name, steps, options in (
    ("lbfgs", 4, {"lr": 0.1, "max_iter": 4}),
    ("lbfgs short history", 4, {"lr": 0.1, "max_iter": 5, "history_size": 2}),
    ("lbfgs few evaluations", 3, {"lr": 0.05, "max_iter": 10, "max_eval": 4}),
    ("lbfgs wolfe", 3, {"line_search_fn": "strong_wolfe", "max_iter": 4}),
    ("lbfgs wolfe, long steps", 2, {"lr": 30, "line_search_fn": "strong_wolfe", "max_iter": 3}),
    ("lbfgs wolfe, short steps", 2, {"lr": 1e-4, "line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 1}),
    ("lbfgs wolfe, to the end", 1, {"line_search_fn": "strong_wolfe", "max_iter": 200, "max_eval": 1000}),
):
    family.add(name, minimised(steps, **options), first, second, gradients=False)
family.write()
