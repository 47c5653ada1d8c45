// Starts, makes a tensor, and ends.
#include "../backend.h"

int main() { return torch::ones({1}).item<float>() == 1 ? 0 : 1; }
