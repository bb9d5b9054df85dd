namespace XrdCt.Live.Compute.Roi;

/// <summary>The rays that both scans measured, for given x, y, axis, angle and scale: residuals and what they change with.</summary>
internal sealed class RoiOverlap
{
    private readonly CoarseSlopes _coarse;
    private readonly FootprintMeans _means;
    private readonly int _cells;
    private readonly int[] _order;
    private readonly double _beside_um;
    private readonly double _turn_rad;
    private readonly double _roiStep_um;
    private readonly List<Ray> _rays = [];
    private readonly List<(double Coarse, double Roi)> _slopes = [];

    /// <summary>Takes both scans.</summary>
    /// <param name="coarse">The coarse scan, averaged over some cells.</param>
    /// <param name="roi">Rays of the ROI scan.</param>
    /// <param name="means">The ROI scan, averaged to one coarse footprint.</param>
    /// <param name="cells">Over how many cells the coarse scan is averaged; odd.</param>
    public RoiOverlap(CoarseSlopes coarse, ScanRays roi, FootprintMeans means, int cells)
    {
        _coarse = coarse;
        _means = means;
        _cells = cells;
        _roiStep_um = roi.Step_um;
        _beside_um = Math.Max(roi.Step_um, 0.25 * coarse.Rays.Step_um);
        _turn_rad = roi.TypicalGap_rad;
        double[] turned = [.. coarse.Rays.Angles_rad.ToArray().Select(a => a - (Math.PI * Math.Floor(a / Math.PI)))];
        _order = new int[turned.Length];
        int[] byAngle = [.. Enumerable.Range(0, turned.Length).OrderBy(i => turned[i])];
        for (int i = 0; i < byAngle.Length; i++)
        {
            _order[byAngle[i]] = i;
        }
    }

    /// <summary>How far from the axis there is sample, µm.</summary>
    public double Reach_um => _coarse.Reach_um;

    public int RotationCount => _coarse.Rays.RotationCount;

    /// <summary>The rays of the last <see cref="Evaluate"/>.</summary>
    public IReadOnlyList<Ray> Rays => _rays;

    /// <summary>Sum of the ROI scan over sum of the coarse scan: the scale at a given geometry.</summary>
    public double Ratio(double[] at, int every)
    {
        double roi = 0, coarse = 0;
        Visit(at, every, (mean, value, _) =>
        {
            roi += mean;
            coarse += value;
        });
        return roi / coarse;
    }

    /// <summary>Mean of the sizes of the residuals, in units of the root of the level.</summary>
    public double MeanSize(double[] at, int every)
    {
        double sum = 0;
        int count = 0;
        Visit(at, every, (mean, value, level) =>
        {
            sum += Math.Abs(mean - (at[4] * value)) / Math.Sqrt(at[4] * level);
            count++;
        });
        return count > 0 ? sum / count : double.PositiveInfinity;
    }

    /// <summary>Overlap residual: RMS of the residual over the mean of the scaled coarse scan.</summary>
    public double Residual(double[] at)
    {
        double squares = 0, coarse = 0;
        int count = 0;
        Visit(at, 1, (mean, value, _) =>
        {
            squares += Math.Pow(mean - (at[4] * value), 2);
            coarse += at[4] * value;
            count++;
        });
        return Math.Sqrt(squares / count) / (coarse / count);
    }

    /// <summary>Robust standard deviation of the residuals, per channel.</summary>
    public double[] Sigmas()
    {
        double[] sigmas = new double[_coarse.Width];
        for (int channel = 0; channel < sigmas.Length; channel++)
        {
            double[] sizes = [.. _rays.Where(r => r.Channel == channel).Select(r => Math.Abs(r.Residual)).Order()];
            double median = sizes.Length > 0 ? sizes[sizes.Length / 2] : 0;
            sigmas[channel] = Math.Max(median / 0.6745, 1e-12);
        }

        return sigmas;
    }

    /// <summary>Computes the residuals, their derivatives and instruments.</summary>
    /// <param name="at">x µm, y µm, axis px, δ rad, scale.</param>
    /// <returns>Rays, and by how many standard deviations the slopes of both scans agree.</returns>
    public (int Rays, double Agreement_sigma) Evaluate(double[] at)
    {
        _rays.Clear();
        _slopes.Clear();
        Span<RayTerm> here = stackalloc RayTerm[ScanRays.MostTerms];
        Span<RayTerm> before = stackalloc RayTerm[ScanRays.MostTerms];
        Span<RayTerm> behind = stackalloc RayTerm[ScanRays.MostTerms];
        for (int rotation = 0; rotation < RotationCount; rotation++)
        {
            double angle = _coarse.Rays.Angles_rad[rotation];
            (double sin, double cos) = Math.SinCos(angle);
            double shift_um = (at[0] * cos) - (at[1] * sin);
            double shiftPerRad = (-at[0] * sin) - (at[1] * cos);
            double roiAngle = angle - at[3];
            int hereCount = _means.Between(roiAngle, here);
            int beforeCount = _means.Between(roiAngle - _turn_rad, before);
            int behindCount = _means.Between(roiAngle + _turn_rad, behind);

            // Seen from behind, an axis further on moves the rays the other way.
            double side = here[..hereCount][0].IsMirrored ? -1 : 1;
            for (int j = 0; j < _coarse.Rays.TranslationCount; j++)
            {
                double t_um = _coarse.Rays.Position_um(j) - shift_um;
                for (int channel = 0; channel < _coarse.Width && Holds(t_um, at[2]); channel++)
                {
                    int cell = _coarse.Index(rotation, j, channel);
                    double root = Math.Sqrt(at[4] * _coarse.Levels[cell]);
                    double perUm = Change(Mean(here[..hereCount], t_um + _beside_um, at[2], channel), Mean(here[..hereCount], t_um - _beside_um, at[2], channel), _beside_um);
                    double beside_px = _beside_um / _roiStep_um;
                    double perPx = Change(Mean(here[..hereCount], t_um, at[2] + beside_px, channel), Mean(here[..hereCount], t_um, at[2] - beside_px, channel), beside_px);
                    double perRad = Change(Mean(behind[..behindCount], t_um, at[2], channel), Mean(before[..beforeCount], t_um, at[2], channel), _turn_rad);
                    var ray = new Ray
                    {
                        Channel = channel,
                        Order = _order[rotation],
                        Residual = (Mean(here[..hereCount], t_um, at[2], channel) - (at[4] * _coarse.Values[cell])) / root,
                        Derivatives = (-perUm * cos / root, perUm * sin / root, perPx / root, -perRad / root, -_coarse.Values[cell] / root),
                        Instruments = (
                            -_coarse.Slopes[cell] * cos / root,
                            _coarse.Slopes[cell] * sin / root,
                            side * _coarse.Slopes[cell] * _roiStep_um / root,
                            -(_coarse.Turns[cell] + (_coarse.Slopes[cell] * shiftPerRad)) / root,
                            -_coarse.Levels[cell] / root),
                    };
                    if (!ray.IsWhole)
                    {
                        continue;
                    }

                    _rays.Add(ray);
                    _slopes.Add((_coarse.Slopes[cell], perUm));
                }
            }
        }

        return (_rays.Count, Agreement());
    }

    /// <summary>Correlation of the slopes times the root of their number; spots count like four standard deviations.</summary>
    private double Agreement()
    {
        double[] sizes = [.. _slopes.Select(s => Math.Abs(s.Roi)).Order()];
        double limit = sizes.Length > 0 ? 4 * sizes[sizes.Length / 2] / 0.6745 : 0;
        double product = 0, coarseSquares = 0, roiSquares = 0;
        foreach ((double coarse, double roi) in _slopes)
        {
            double clipped = Math.Clamp(roi, -limit, limit);
            product += coarse * clipped;
            coarseSquares += coarse * coarse;
            roiSquares += clipped * clipped;
        }

        double correlation = product / Math.Sqrt(coarseSquares * roiSquares);
        return double.IsFinite(correlation) ? correlation * Math.Sqrt(_slopes.Count) : 0;
    }

    private static double Change(double above, double below, double beside) => (above - below) / (2 * beside);

    private void Visit(double[] at, int every, Action<double, double, double> see)
    {
        Span<RayTerm> terms = stackalloc RayTerm[ScanRays.MostTerms];
        for (int rotation = 0; rotation < RotationCount; rotation += every)
        {
            double angle = _coarse.Rays.Angles_rad[rotation];
            (double sin, double cos) = Math.SinCos(angle);
            double shift_um = (at[0] * cos) - (at[1] * sin);
            int count = _means.Between(angle - at[3], terms);
            for (int j = 0; j < _coarse.Rays.TranslationCount; j++)
            {
                double t_um = _coarse.Rays.Position_um(j) - shift_um;
                for (int channel = 0; channel < _coarse.Width && Holds(t_um, at[2]); channel++)
                {
                    int cell = _coarse.Index(rotation, j, channel);
                    double mean = Mean(terms[..count], t_um, at[2], channel);
                    if (double.IsFinite(mean + _coarse.Values[cell] + _coarse.Levels[cell]))
                    {
                        see(mean, _coarse.Values[cell], _coarse.Levels[cell]);
                    }
                }
            }
        }
    }

    private bool Holds(double t_um, double centre_px)
    {
        double reach_um = (_cells / 2 * _coarse.Rays.Step_um) + _beside_um;
        return _means.Holds(t_um - reach_um, centre_px) && _means.Holds(t_um + reach_um, centre_px);
    }

    private double Mean(ReadOnlySpan<RayTerm> terms, double t_um, double centre_px, int channel)
    {
        double sum = 0;
        for (int k = -(_cells / 2); k <= _cells / 2; k++)
        {
            sum += _means.At(terms, t_um + (k * _coarse.Rays.Step_um), centre_px, channel);
        }

        return sum / _cells;
    }

    /// <summary>A ray that both scans measured; all in units of the root of its level, with which the noise of counts goes.</summary>
    internal sealed class Ray
    {
        public required int Channel { get; init; }

        /// <summary>Its projection, in order of angle.</summary>
        public required int Order { get; init; }

        public required double Residual { get; init; }

        public required (double X, double Y, double Axis, double Angle, double Scale) Derivatives { get; init; }

        public required (double X, double Y, double Axis, double Angle, double Scale) Instruments { get; init; }

        public bool IsWhole => double.IsFinite(
            Residual + Derivatives.X + Derivatives.Axis + Derivatives.Angle + Derivatives.Scale + Instruments.X + Instruments.Angle + Instruments.Scale);

        public double Derivative(int parameter) => Of(Derivatives, parameter);

        public double Instrument(int parameter) => Of(Instruments, parameter);

        private static double Of((double X, double Y, double Axis, double Angle, double Scale) of, int parameter) => parameter switch
        {
            0 => of.X,
            1 => of.Y,
            2 => of.Axis,
            3 => of.Angle,
            _ => of.Scale,
        };
    }
}
