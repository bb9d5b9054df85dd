namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// An ROI sinogram averaged to the footprint of a coarse ray, at any ray: a box over the translations, from running sums, and linear
/// interpolation in angle.
/// </summary>
internal sealed class FootprintMeans
{
    // Of a footprint, half must have been measured.
    private const double LeastMeasured = 0.5;

    private readonly ScanRays _rays;
    private readonly int _width;
    private readonly double _half_px;
    private readonly double[] _sums;
    private readonly double[] _counts;

    /// <summary>Sums up the sinogram.</summary>
    /// <param name="rays">Rays of the ROI scan.</param>
    /// <param name="values">[rotation, translation, channel]; NaN where unmeasured.</param>
    /// <param name="width">Channels.</param>
    /// <param name="footprint_um">Width of the box, µm; at least one step of the ROI scan.</param>
    public FootprintMeans(ScanRays rays, ReadOnlySpan<float> values, int width, double footprint_um)
    {
        _rays = rays;
        _width = width;
        _half_px = Math.Max(1, footprint_um / rays.Step_um) / 2;
        int stride = rays.TranslationCount + 1;
        _sums = new double[rays.RotationCount * width * stride];
        _counts = new double[_sums.Length];
        for (int rotation = 0; rotation < rays.RotationCount; rotation++)
        {
            for (int channel = 0; channel < width; channel++)
            {
                int at = ((rotation * width) + channel) * stride;
                for (int j = 0; j < rays.TranslationCount; j++)
                {
                    float value = values[(((rotation * rays.TranslationCount) + j) * width) + channel];
                    _sums[at + j + 1] = _sums[at + j] + (float.IsNaN(value) ? 0 : value);
                    _counts[at + j + 1] = _counts[at + j] + (float.IsNaN(value) ? 0 : 1);
                }
            }
        }
    }

    /// <summary>Whether the field of view holds the footprint.</summary>
    public bool Holds(double t_um, double centre_px)
    {
        double from_px = Math.Abs((t_um / _rays.Step_um) + centre_px + (_rays.TranslationCount / 2) - ((_rays.TranslationCount - 1) / 2.0));
        return from_px + _half_px <= _rays.TranslationCount / 2.0;
    }

    /// <summary>The projections that make up the one at an angle of the ROI scan.</summary>
    public int Between(double angle_rad, Span<RayTerm> terms) => _rays.Between(angle_rad, terms, fromFront: true);

    /// <summary>The mean about a ray; NaN beyond the field of view, and where less than half of the footprint was measured.</summary>
    /// <param name="terms">The projections of its angle.</param>
    /// <param name="t_um">Translation from the rotation axis, µm.</param>
    /// <param name="centre_px">Offset of the axis; that of the rays is not looked at.</param>
    /// <param name="channel">Channel.</param>
    public double At(ReadOnlySpan<RayTerm> terms, double t_um, double centre_px, int channel)
    {
        double mean = 0;
        foreach (RayTerm term in terms)
        {
            // Sample j covers j to j + 1 of the running sums.
            double middle = ((term.IsMirrored ? -t_um : t_um) / _rays.Step_um) + (_rays.TranslationCount / 2) + centre_px + 0.5;
            if (!(middle - _half_px >= -1e-9 && middle + _half_px <= _rays.TranslationCount + 1e-9))
            {
                return double.NaN;
            }

            int row = ((term.Rotation * _width) + channel) * (_rays.TranslationCount + 1);
            double count = Between(_counts, row, middle);
            if (count < LeastMeasured * 2 * _half_px)
            {
                return double.NaN;
            }

            mean += term.Weight * Between(_sums, row, middle) / count;
        }

        return mean;
    }

    private double Between(double[] running, int row, double middle) => Running(running, row, middle + _half_px) - Running(running, row, middle - _half_px);

    private double Running(double[] running, int row, double at)
    {
        double clamped = Math.Clamp(at, 0, _rays.TranslationCount);
        int below = Math.Min((int)clamped, _rays.TranslationCount - 1);
        return double.Lerp(running[row + below], running[row + below + 1], clamped - below);
    }
}
