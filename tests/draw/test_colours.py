import matplotlib as mpl
import numpy as np

from wsss.draw.colours import heat_colours


def test_heat_colours_rise_in_brightness_from_black_to_pale_yellow():
    colours = heat_colours()
    brightness = colours.astype(float) @ (0.299, 0.587, 0.114)
    assert colours[0].tolist() == [0, 0, 4]
    assert colours[255].tolist() == [252, 255, 164]
    assert (np.diff(brightness[::8]) > 0).all()
    assert colours[100].tolist() == [round(255 * part) for part in mpl.colormaps["inferno"](100)[:3]]
