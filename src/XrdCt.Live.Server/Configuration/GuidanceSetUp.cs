using System.Globalization;
using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Model.Guidance;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Turns the section <c>guidance:</c> into rules, checking every value on the way.</summary>
internal static class GuidanceSetUp
{
    private static readonly string[] Names = ["material", "uniformity", "edge", "in_field", "cupping", "spottiness", "cell_volume"];

    /// <summary>Makes the rules.</summary>
    /// <param name="configuration">What the file says: the section, and the stages.</param>
    /// <param name="radius_um">Radius of the field of view, µm.</param>
    /// <param name="channel">Channel that stands for the material.</param>
    /// <param name="file">Name of the configuration, for messages.</param>
    /// <exception cref="UserException">A value is out of range or a name is not known.</exception>
    public static PlacementRules Rules(BeamlineConfiguration configuration, double radius_um, string channel, string file)
    {
        GuidanceSection section = configuration.Guidance;
        if (section.Weights.Keys.FirstOrDefault(k => !Names.Contains(k)) is { } unknown)
        {
            throw UserException.WrongUse($"{file}: guidance.weights knows {string.Join(", ", Names)}, not '{unknown}'");
        }

        if (section.Forbidden_um.FirstOrDefault(z => z is not { Length: 3 } || !z.All(double.IsFinite)) is { } zone)
        {
            throw UserException.WrongUse($"{file}: a zone of guidance.forbidden_um must be [x, y, radius], not [{List(zone)}]");
        }

        if (section.Reach_um is { } reach && !(reach.Length == 4 && reach[0] < reach[1] && reach[2] < reach[3]))
        {
            throw UserException.WrongUse($"{file}: guidance.reach_um must be [lowest x, highest x, lowest y, highest y], not [{List(reach)}]");
        }

        PlacementWeights usual = new();
        var rules = new PlacementRules
        {
            Radius_um = radius_um,
            Count = section.Count,
            Phases = [new PhaseWeight(channel, Weight("material", new PhaseWeight(channel).Weight)), .. section.Phases.Select(p => new PhaseWeight(p.Key, p.Value))],
            Weights = new PlacementWeights
            {
                Uniformity = Weight("uniformity", usual.Uniformity),
                Edge = Weight("edge", usual.Edge),
                InField = Weight("in_field", usual.InField),
                Cupping = Weight("cupping", usual.Cupping),
                Spottiness = Weight("spottiness", usual.Spottiness),
                CellVolume = Weight("cell_volume", usual.CellVolume),
            },
            EdgeMargin_um = section.EdgeMargin_um,
            LocalRadius_um = section.LocalRadius_um,
            Forbidden = [.. section.Forbidden_um.Select(z => new ForbiddenZone(z[0], z[1], z[2]))],
            Reach = section.Reach_um is [var x0, var x1, var y0, var y1] ? new StageReach(x0, x1, y0, y1) : null,
            Stages = StagesSetUp.Of(configuration, file),
            Stop = new StopRule { Updates = section.StopUpdates },
        };
        try
        {
            // Both check what they are given.
            _ = new PlacementSearch(rules);
            _ = new RankingTrack(rules.Stop, pixelSize_um: 1);
            return rules;
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"{file}: guidance: {e.Message.Split(" (Parameter", StringSplitOptions.None)[0]}", e);
        }

        double Weight(string name, double standard) => section.Weights.TryGetValue(name, out double weight) ? weight : standard;
    }

    private static string List(double[]? values) => string.Join(", ", (values ?? []).Select(v => v.ToString(CultureInfo.InvariantCulture)));
}
