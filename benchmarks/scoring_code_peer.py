"""C of other generators for the same networks: run by scoring_code.py in an environment that has
emlearn.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np


def main(folder: Path) -> None:
    """net.npz -> eml.h by emlearn; net.onnx -> emx.c by emx-onnx-cgen; prints the folder of
    emlearn's headers.
    """
    import emlearn  # type: ignore[import-not-found]
    from sklearn.neural_network import MLPRegressor

    stored = np.load(folder / "net.npz")
    layers = int(stored["layers"])
    weights = [stored[f"w{i}"] for i in range(layers)]
    sizes = tuple(w.shape[1] for w in weights[:-1])
    model = MLPRegressor(hidden_layer_sizes=sizes, max_iter=1)
    model.fit(np.zeros((4, weights[0].shape[0])), np.arange(4.0))
    model.coefs_, model.intercepts_ = weights, [stored[f"b{i}"] for i in range(layers)]
    emlearn.convert(model, return_type="regressor", method="loadable").save(
        name="eml", file=str(folder / "eml.h")
    )
    tool = Path(sys.executable).parent / "emx-onnx-cgen"
    subprocess.run(
        [tool, "compile", folder / "net.onnx", folder / "emx.c", "--model-name", "emx"], check=True
    )
    print(emlearn.includedir)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
