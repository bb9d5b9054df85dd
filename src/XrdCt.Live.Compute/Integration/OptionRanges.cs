using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>What integration options may be; anything else is refused with one sentence, before memory is taken.</summary>
internal static class OptionRanges
{
    // A pattern of so many cells takes 160 MB; pyFAI's largest habit is 2,048 bins × 2,048 sectors.
    private const long MostCells = 1 << 22;

    /// <exception cref="ArgumentException">An option is out of its range; the sentence says which, and what it may be.</exception>
    public static void Check(IntegrationOptions options)
    {
        Require(options.BinCount is >= 1 and < ushort.MaxValue, $"the number of bins must be 1 to 65534, not {options.BinCount}");
        Require(
            options.TrimLower is >= 0 and < 0.5 && options.TrimUpper is >= 0 and < 0.5,
            $"trim fractions must be from 0 to below 0.5, not {options.TrimLower} and {options.TrimUpper}");
        Require(
            options.PolarisationFactor is null or (>= -1 and <= 1),
            $"the polarisation factor must be −1 to 1, not {options.PolarisationFactor}");
        Require(
            options.ClipThreshold_sigma > 0 && double.IsFinite(options.ClipThreshold_sigma),
            $"the clipping threshold must be above 0 standard deviations, not {options.ClipThreshold_sigma}");
        Require(options.ClipIterations is >= 0 and <= 1000, $"the rounds of clipping must be 0 to 1000, not {options.ClipIterations}");
        Require(
            options.Dummy is null || double.IsFinite(options.Dummy.Value),
            $"the dummy must be a number of counts, not {options.Dummy}");
        Require(
            options.DummyDelta >= 0 && double.IsFinite(options.DummyDelta),
            $"the width around the dummy must be 0 counts or more, not {options.DummyDelta}");
        CheckRanges(options);
        CheckSectors(options);
    }

    private static void CheckRanges(IntegrationOptions options)
    {
        Require(
            options.Unit != RadialUnit.D_A || options.Upper is not null,
            "an axis in d needs an upper end (in Å), for the direct beam lies at infinity");
        Require(
            options.Lower is null || double.IsFinite(options.Lower.Value),
            $"the lower end of the radial range must be a number, not {options.Lower}");
        Require(
            options.Upper is null || double.IsFinite(options.Upper.Value),
            $"the upper end of the radial range must be a number, not {options.Upper}");
        Require(
            options.Lower is null || options.Upper is null || options.Lower < options.Upper,
            $"the radial range {options.Lower} to {options.Upper} is empty");
        Require(
            options.AzimuthLower_deg is null == options.AzimuthUpper_deg is null,
            "an azimuthal range needs both ends, or neither for the whole circle");
        if (options is { AzimuthLower_deg: double lower, AzimuthUpper_deg: double upper })
        {
            Require(
                Math.Abs(lower) <= 360 && lower < upper && upper - lower <= 360,
                $"the azimuthal range must rise by at most 360° from an end of −360° to 360°, not go from {lower}° to {upper}°");
        }
    }

    private static void CheckSectors(IntegrationOptions options)
    {
        Require(options.CakeSectors >= 1, $"a cake must have 1 sector or more, not {options.CakeSectors}");
        Require(
            options.AzimuthSectors is null or >= 1, $"a 2D pattern must have 1 azimuthal sector or more, not {options.AzimuthSectors}");
        bool cake = options.TrimDefinition == TrimDefinition.Cake
            && options.Filter is IntegrationFilter.Trimmed or IntegrationFilter.Median;
        Require(!cake || options.AzimuthSectors is null, "the trimmed mean of a cake's sectors is a 1D pattern: leave its azimuthal sectors out");
        long sectors = cake ? options.CakeSectors : options.AzimuthSectors ?? 1;
        Require(
            sectors * options.BinCount <= MostCells,
            $"{options.BinCount} bins × {sectors} sectors are more than {MostCells:N0} cells: take fewer of either");
    }

    private static void Require(bool met, string otherwise)
    {
        if (!met)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
