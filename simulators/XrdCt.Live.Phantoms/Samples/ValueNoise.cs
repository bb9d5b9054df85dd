namespace XrdCt.Live.Phantoms.Samples;

/// <summary>Smooth random field 0…1: random values on a coarse grid, bilinear in between.</summary>
internal sealed class ValueNoise
{
    private readonly int _pitch;
    private readonly int _knots;
    private readonly float[] _values;

    public ValueNoise(long seed, long stream, int size, int pitch)
    {
        SeededRandom random = new(seed, stream);
        _pitch = pitch;
        _knots = (size / pitch) + 2;
        _values = new float[_knots * _knots];
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = (float)random.NextUnit();
        }
    }

    public float At(int column, int row)
    {
        (int left, float u) = (column / _pitch, column % _pitch / (float)_pitch);
        (int top, float v) = (row / _pitch, row % _pitch / (float)_pitch);
        int at = (top * _knots) + left;
        float above = float.Lerp(_values[at], _values[at + 1], u);
        float below = float.Lerp(_values[at + _knots], _values[at + _knots + 1], u);
        return float.Lerp(above, below, v);
    }
}
